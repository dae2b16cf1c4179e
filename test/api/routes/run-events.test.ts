import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { platformTenantId } from '../../../domain/roles.ts';
import { inTenant } from '../../../platform/database.ts';
import { Run } from '../../../platform/models/run.ts';
import type { Answer, Json } from '../../support/http.ts';
import { addMember } from '../../support/school.ts';
import { type RunsApi, useRunsApi } from '../../support/runs-api.ts';
import { openStream } from '../../support/sse.ts';
import { until } from '../../support/until.ts';

const idOf = ({ body }: Answer): string => String(body['id']);
const start = async (api: RunsApi, steps: readonly string[]): Promise<string> =>
  idOf(await api.send('/v1/processes/run-script/runs', { as: 'ops', body: { key: `k-${randomUUID()}`, steps } }));
const statesOf = (run: Json): string => (run['steps'] as unknown as { state: string }[]).map(({ state }) => state).join(' ');

describe('the events of a run', function () {
  this.timeout(60_000);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const api = useRunsApi({ held: () => held });
  const follow = (id: string, headers: Readonly<Record<string, string>> = {}) =>
    openStream(`${api.url}/v1/runs/${id}/events`, { ...headers, authorization: `Bearer ${api.member('ops').accessToken}` });

  it('begin with the whole run, tell each change at once, and end with its end', async () => {
    await api.withWorker(async () => {
      const id = await start(api, ['one', 'held', 'three']);
      const stream = await follow(id);
      assert.equal(stream.type, 'text/event-stream');
      await stream.until((run) => statesOf(run) === 'done running pending');
      const asked = Date.now();
      release();
      const last = await stream.until((run) => (run['status'] as unknown) === 'completed');
      assert.ok(Date.now() - asked < 1_900, 'The end came by polling, not by a hint.');
      assert.equal(statesOf(last), 'done done done');
      await stream.ended;
      const ids = stream.events.map((event) => event.id);
      assert.deepEqual(ids, [...ids.slice(0, -1).map((_, index) => String(index + 1)), `${ids.length}-final`]);
      assert.deepEqual(last, (await api.send(`/v1/runs/${id}`, { as: 'ops' })).body);
    });
  });

  it('give whoever comes late, or again, the run as it is now; a browser that heard the end is told to stop', async () => {
    const id = await start(api, ['one']);
    await api.withWorker(() =>
      until(async () => (await api.send(`/v1/runs/${id}`, { as: 'ops' })).body['status'] !== ('running' as unknown)),
    );
    const late = await follow(id, { 'last-event-id': '7' });
    await late.ended;
    assert.deepEqual(
      late.events.map((event) => [event.id, event.data['status']]),
      [['8-final', 'completed']],
    );
    assert.equal((await follow(id, { 'last-event-id': '8-final' })).status, 204);
  });

  it('go on without hints and without a worker', async () => {
    const id = await start(api, ['one']);
    const stream = await follow(id);
    await stream.until((run) => (run['degraded'] as unknown) === true);
    await api.temporal.client.workflow.getHandle((await rowOf(api, id)).workflow_id).terminate();
    const last = await stream.until((run) => (run['status'] as unknown) === 'terminated');
    assert.equal(last['error']?.['code'], 'terminated');
    await stream.ended;
  });

  it('stop being read when the client goes', async () => {
    const id = await start(api, ['one']);
    const stream = await follow(id);
    await stream.until(() => true);
    stream.leave();
    await until(async () => (await api.subscribers(id)) === 0, 10_000);
  });

  const endings: readonly [string, (accountId: string, token: string) => Promise<unknown>][] = [
    ['is signed out', (_, token) => api.base.send('/v1/auth/logout', { token, method: 'POST' })],
    ['is suspended', (id) => api.base.send(`/v1/accounts/${id}/suspend`, { as: 'super_admin', body: { reason: 'security' } })],
    [
      'has another role',
      (id) => inTenant(api.main, platformTenantId, (trx) => trx('memberships').where({ account_id: id }).update({ role: 'compliance' })),
    ],
  ];
  for (const [title, end] of endings)
    it(`end when who reads them ${title}`, async () => {
      const { accessToken, accountId } = await addMember(api, platformTenantId, 'ops');
      const id = await start(api, ['one']);
      const stream = await openStream(`${api.url}/v1/runs/${id}/events`, { authorization: `Bearer ${accessToken}` });
      await stream.until(() => true);
      await end(accountId, accessToken);
      await stream.ended;
      assert.equal(
        stream.events.some(({ id: event }) => event.endsWith('-final')),
        false,
      );
      await until(async () => (await api.subscribers(id)) === 0);
    });

  it('end when an access by break-glass does', async () => {
    const { id: tenantId } = api.schools[0];
    const run = await api.send('/v1/processes/ask-school/runs', { as: 'tenant_admin', body: { key: `k-${randomUUID()}` } });
    const body = { tenantId, role: 'developer', reason: 'The run of the school does not move on.', minutes: 5 };
    const opened = (await api.base.send('/v1/break-glass', { as: 'ops', body })).body;
    const path = `${api.url}/v1/runs/${idOf(run)}/events`;
    const stream = await openStream(path, { authorization: `Bearer ${String(opened['accessToken'])}` });
    await stream.until(() => true);
    await api.base.send(`/v1/break-glass/${String(opened['access']?.['id'])}/end`, { as: 'tenant_admin', method: 'POST' });
    await stream.ended;
    assert.equal(
      stream.events.some(({ id: event }) => event.endsWith('-final')),
      false,
    );
  });

  it('are not for strangers: another tenant finds no such run', async () => {
    const id = await start(api, ['one']);
    for (const path of ['', '/events']) {
      const answer = await api.send(`/v1/runs/${id}${path}`, { as: 'tenant_admin' });
      assert.equal(answer.status, 404);
    }
    assert.equal((await api.send(`/v1/runs/${id}/events`, { as: 'student' })).status, 403);
    assert.equal((await api.send(`/v1/runs/${id}/events`)).status, 401);
  });
});

async function rowOf(api: RunsApi, id: string): Promise<Run> {
  return await inTenant(api.main, platformTenantId, async (trx) => Run.query(trx).findOne({ id }).throwIfNotFound());
}
