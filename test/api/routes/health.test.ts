import assert from 'node:assert/strict';
import { checksOf, type CheckedParts } from '../../../api/support/checks.ts';
import { openKeyring } from '../../../platform/database.ts';
import { openRedis } from '../../../platform/redis.ts';
import { openTemporal } from '../../../platform/temporal.ts';
import { createVault } from '../../../platform/vault.ts';
import { quietLog, useApi } from '../../support/api.ts';
import type { Json } from '../../support/http.ts';
import { servers } from '../../support/servers.ts';

const nowhere = '127.0.0.1:9';
const statesOf = (body: Json): Record<string, string> =>
  Object.fromEntries((body['parts'] as unknown as { name: string; status: string }[]).map(({ name, status }) => [name, status]));

describe('readiness', () => {
  const parts = {} as CheckedParts;
  const asked: { current: Partial<CheckedParts> } = { current: {} };
  let draining = false;
  const api = useApi(({ main, temporal }) => {
    const redis = openRedis(servers().redis, quietLog);
    after(() => redis.disconnect());
    const vault = createVault({ address: servers().vault.url, token: servers().vault.token });
    Object.assign(parts, { main, keyringDatabase: main, vault, redis, temporal });
    const checks = checksOf(parts);
    const probe = (name: string) => () => checksOf({ ...parts, ...asked.current })[name]?.probe() ?? Promise.reject(new Error(name));
    const live = Object.fromEntries(Object.entries(checks).map(([name, { needed }]) => [name, { needed, probe: probe(name) }]));
    return { checks: live, draining: () => draining, timeoutMs: 1_000 };
  });
  const ready = () => api.send('/readyz');
  beforeEach(() => {
    asked.current = {};
    draining = false;
  });

  it('names every part with how fast it answered', async () => {
    const { status, body } = await ready();
    assert.deepEqual([status, body['status']], [200, 'ready']);
    assert.deepEqual(Object.keys(statesOf(body)), ['database', 'keyring', 'vault', 'redis', 'temporal']);
    for (const part of body['parts'] as unknown as { latencyMs: number }[]) assert.ok(part.latencyMs >= 0 && part.latencyMs < 1_000);
  });

  it('is degraded, not gone, while Temporal and Redis are away', async () => {
    const redis = openRedis({ url: `redis://${nowhere}` }, quietLog);
    const temporal = openTemporal({ connectionOptions: { address: nowhere }, namespace: 'default' });
    asked.current = { redis, temporal };
    const start = performance.now();
    const { status, body } = await ready();
    assert.ok(performance.now() - start < 3_000);
    redis.disconnect();
    await temporal.close();
    assert.deepEqual([status, body['status']], [200, 'degraded']);
    assert.deepEqual(statesOf(body), { database: 'ok', keyring: 'ok', vault: 'ok', redis: 'down', temporal: 'down' });
  });

  it('is refused while the keyring or the vault is away', async () => {
    const keyringDatabase = openKeyring(`postgres://nobody@${nowhere}/none`);
    const vault = createVault({ address: `http://${nowhere}`, token: 'none' });
    asked.current = { keyringDatabase, vault };
    const { status, body } = await ready();
    await keyringDatabase.destroy();
    assert.deepEqual([status, body['status']], [503, 'down']);
    assert.deepEqual([statesOf(body)['keyring'], statesOf(body)['vault'], statesOf(body)['database']], ['down', 'down', 'ok']);
  });

  it('answers in time though a part never does', async () => {
    asked.current = { main: { raw: () => new Promise(() => undefined) } as unknown as CheckedParts['main'] };
    const start = performance.now();
    const { status } = await ready();
    assert.equal(status, 503);
    assert.ok(performance.now() - start < 2_000);
  });

  it('is refused while the process drains; the process itself is well', async () => {
    draining = true;
    const { status, body } = await ready();
    assert.deepEqual([status, body['status']], [503, 'draining']);
    assert.deepEqual((await api.send('/healthz')).body, { status: 'ok' });
  });
});
