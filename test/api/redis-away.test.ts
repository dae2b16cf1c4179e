import assert from 'node:assert/strict';
import type { Redis } from 'ioredis';
import type { Role } from '../../domain/roles.ts';
import { createIdentity } from '../../platform/identity.ts';
import { createSignInThrottle } from '../../platform/identity/sign-in-throttle.ts';
import { createPseudonyms } from '../../platform/pseudonyms.ts';
import { createRateLimits } from '../../platform/rate-limits.ts';
import { openRedis } from '../../platform/redis.ts';
import { createTokens } from '../../platform/tokens.ts';
import { quietLog, useApi } from '../support/api.ts';
import { type Line, openLine } from '../support/line.ts';
import { servers } from '../support/servers.ts';
import { until } from '../support/until.ts';
import { useVault } from '../support/vault.ts';

describe('the API while Redis is away', () => {
  let line: Line;
  let redis: Redis;
  const test = useVault();
  before(async () => {
    const url = new URL(servers().redis.url);
    line = await openLine({ host: url.hostname, port: Number(url.port) });
    url.hostname = '127.0.0.1';
    url.port = String(line.port); // the same login, over the line
    redis = openRedis({ url: url.href }, quietLog);
    await until(() => redis.status === 'ready');
  });
  const api = useApi(async ({ main, keyring }) => {
    const { vault } = test;
    const tokens = createTokens({ vault, issuer: 'http://api.test', audience: 'toolbox' });
    const { of: pseudonym, ready } = createPseudonyms(keyring, quietLog);
    await ready;
    const throttle = createSignInThrottle({ redis, pseudonym, failures: 3 });
    return {
      identity: createIdentity({ main, keyring, vault, tokens, redis, throttle }),
      limits: createRateLimits({ redis, pseudonym, settings: { account: 1_000, tenant: 0, address: 0 } }),
    };
  });
  after(async () => {
    redis.disconnect();
    await line.cut();
  });
  const away = async (): Promise<void> => {
    await line.cut();
    await until(() => redis.status !== 'ready');
  };
  const back = async (): Promise<void> => {
    await line.mend();
    await until(() => redis.status === 'ready');
  };

  const open: readonly [string, Role][] = [
    ['/v1/tenants', 'ops'],
    ['/v1/runs', 'ops'],
    ['/v1/classes', 'teacher'],
    ['/v1/invoices', 'billing'],
    ['/v1/audit', 'tenant_admin'],
  ];

  it('refuses what changes something or opens personal data, says when to come back, and goes on by itself', async () => {
    await away();
    const closed = api.routes.filter(
      ({ method, path, access, personal }) => access !== 'public' && (method !== 'get' || personal || path.startsWith('/codec')),
    );
    const known = [
      'post /v1/auth/logout',
      'post /codec/decode',
      'get /v1/people',
      'get /v1/me',
      'get /v1/break-glass',
      'post /v1/break-glass',
    ];
    const named = new Set(closed.map(({ method, path }) => `${method} ${path}`));
    assert.deepEqual(
      known.filter((route) => !named.has(route)),
      [],
    );
    for (const route of closed) {
      const [method, path] = [route.method.toUpperCase(), route.path.replaceAll(/\{\w+\}/g, '0190d1a0-0000-7000-8000-0000000000ff')];
      const { status, headers, body } = await api.send(path, { method, as: 'super_admin' });
      assert.deepEqual(
        [status, headers.get('retry-after'), body['type']],
        [503, '5', 'https://errors.toolbox.example/unavailable'],
        `${method} ${path}`,
      );
    }
    await back();
    assert.equal((await api.send('/v1/me', { as: 'teacher' })).status, 200);
  });

  it('goes on reading what is not personal, by the word of the session itself', async () => {
    const { login, password, tenantId } = api.member('developer');
    const ended = await api.identity.signIn({ login, password, tenant: tenantId });
    await api.identity.signOut(await api.identity.authenticate(ended.accessToken));
    await away();
    for (const [path, as] of open) assert.equal((await api.send(path, { as })).status, 200, path);
    assert.equal((await api.send('/v1/runs', { token: ended.accessToken })).status, 401);
    await back();
  });

  it('still counts requests and failed sign-ins, in this process', async () => {
    await away();
    assert.match((await api.send('/v1/tenants', { as: 'ops' })).headers.get('ratelimit') ?? '', /^"account";r=99\d;t=\d+$/);
    const body = { email: 'nobody@example.com', password: 'guess' };
    const statuses = [];
    for (let time = 0; time < 4; time += 1) statuses.push((await api.send('/v1/auth/token', { body })).status);
    assert.deepEqual(statuses, [401, 401, 401, 429]);
    await back();
  });
});
