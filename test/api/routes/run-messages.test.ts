import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beat } from '../../../activities/support/heartbeat.ts';
import { VendorUnavailableError } from '../../../domain/errors.ts';
import type { Role } from '../../../domain/roles.ts';
import type { Answer, Json } from '../../support/http.ts';
import { useRunsApi } from '../../support/runs-api.ts';
import { until } from '../../support/until.ts';
import { untilCancelled } from '../../workflows/support/world.ts';

const problem = (code: string): string => `https://errors.toolbox.example/${code}`;
const typeOf = ({ status, body }: Answer): unknown[] => [status, body['type']];
const listOf = (value: Json | undefined): Json[] => value as unknown as Json[];

describe('the messages of a run', function () {
  this.timeout(60_000);
  const api = useRunsApi();
  const start = async (): Promise<string> =>
    String((await api.send('/v1/processes/ask-school/runs', { as: 'tenant_admin', body: { key: `k-${randomUUID()}` } })).body['id']);
  const say = (id: string, name: string, body: object, as: Role = 'tenant_admin', headers = {}): Promise<Answer> =>
    api.send(`/v1/runs/${id}/messages/${name}`, { as, body, headers });
  const read = async (id: string, as: Role = 'tenant_admin'): Promise<Json> => (await api.send(`/v1/runs/${id}`, { as })).body;
  const inStep = (id: string, index: number, state: string): Promise<unknown> =>
    until(async () => (await read(id))['steps']?.[index]?.['state'] === (state as unknown), 20_000);
  const ended = (id: string): Promise<Json> =>
    until(async () => {
      const run = await read(id);
      return run['status'] === ('running' as unknown) ? undefined : run;
    }, 20_000);

  it('are listed with their schema and whether the caller may send them', async () => {
    await api.withWorker(async () => {
      const id = await start();
      await inStep(id, 0, 'running');
      const takes = listOf((await read(id))['takes']);
      assert.deepEqual(
        takes.map(({ name, kind, allowed, href }) => [name, kind, allowed, href]),
        [
          ['decide', 'update', true, `/v1/runs/${id}/messages/decide`],
          ['remark', 'signal', true, `/v1/runs/${id}/messages/remark`],
        ],
      );
      assert.equal(takes[0]?.['schema']?.['properties']?.['verdict']?.['type'], 'string');
      assert.deepEqual(
        listOf((await read(id, 'developer'))['takes']).map(({ allowed }) => allowed),
        [false, true],
      );
    });
  });

  it("are taken from the platform's staff, who say whose the run is, as far as they may send them; from no other school", async () => {
    await api.withWorker(async () => {
      const id = await start();
      await inStep(id, 0, 'running');
      const send = (name: string, body: object, as: Role, school: 0 | 1 = 0, tenantId = api.schools[0].id): Promise<Answer> =>
        api.send(`/v1/runs/${id}/messages/${name}?tenantId=${tenantId}`, { as, school, body });
      assert.equal((await say(id, 'remark', { text: 'hm' }, 'ops')).status, 404);
      assert.equal((await send('remark', { text: 'hm' }, 'ops')).status, 202);
      assert.equal((await send('decide', { verdict: 'yes' }, 'ops')).status, 403);
      assert.equal((await send('remark', { text: 'hm' }, 'ops', 0, api.schools[1].id)).status, 404);
      assert.equal((await send('remark', { text: 'hm' }, 'tenant_admin', 1)).status, 404);
      assert.deepEqual((await send('decide', { verdict: 'no' }, 'tenant_admin')).body, { result: { decided: 'no' } });
      assert.deepEqual((await ended(id))['result'], { verdict: 'no', remarks: ['hm'] });
    });
  });

  it('are answered by the run, once for a key, and taken no more when it has decided', async () => {
    await api.withWorker(async () => {
      const id = await start();
      await inStep(id, 0, 'running');
      assert.equal((await say(id, 'remark', { text: 'hm' }, 'developer')).status, 202);
      const headers = { 'idempotency-key': randomUUID() };
      const first = await say(id, 'decide', { verdict: 'yes' }, 'tenant_admin', headers);
      assert.deepEqual([first.status, first.body], [200, { result: { decided: 'yes' } }]);
      const run = await ended(id);
      assert.deepEqual([run['result'], run['takes']], [{ verdict: 'yes', remarks: ['hm'] }, []]);
      assert.deepEqual((await say(id, 'decide', { verdict: 'yes' }, 'tenant_admin', headers)).body, first.body);
      assert.deepEqual(typeOf(await say(id, 'decide', { verdict: 'no' })), [409, problem('run-closed')]);
    });
  });

  it('are refused with every fault of the body, by those who may not send them, and when there is no such message', async () => {
    const id = await start();
    assert.deepEqual(typeOf(await say(id, 'remark', { text: 'x'.repeat(21), more: 1 })), [422, problem('invalid-input')]);
    assert.equal((await say(id, 'decide', { verdict: 'yes' }, 'developer')).status, 403);
    assert.equal((await say(id, 'shout', {})).status, 404);
    assert.equal((await say(randomUUID(), 'decide', { verdict: 'yes' })).status, 404);
    const elsewhere = await api.send(`/v1/runs/${id}/messages/decide`, { as: 'tenant_admin', school: 1, body: { verdict: 'yes' } });
    assert.equal(elsewhere.status, 404);
  });

  it('are not there under the names that every object has', async () => {
    const id = await start();
    for (const name of ['toString', 'constructor', 'hasOwnProperty', '__proto__', 'valueOf'])
      assert.deepEqual(typeOf(await say(id, name, { verdict: 'yes' })), [404, problem('not-found')], name);
  });

  it('are refused in words when the run does not agree, and it goes on; a slip in its code tells nothing', async () => {
    await api.withWorker(async () => {
      const id = await start();
      await inStep(id, 0, 'running');
      const refused = await say(id, 'decide', { verdict: 'maybe' });
      assert.deepEqual([...typeOf(refused), refused.body['detail']], [422, problem('message-refused'), 'Say yes or no.']);
      const slipped = await say(id, 'decide', { verdict: 'explode' });
      assert.deepEqual([...typeOf(slipped), JSON.stringify(slipped.body).includes('a slip')], [500, problem('internal'), false]);
      assert.equal((await say(id, 'decide', { verdict: 'no' })).status, 200);
      assert.equal((await ended(id))['status'], 'completed');
    });
  });

  it('wait for nobody: without a worker a question is answered 503 and a remark is kept', async () => {
    const [id, other] = [await start(), await start()];
    assert.equal((await say(other, 'remark', { text: 'early' })).status, 202);
    const headers = { 'idempotency-key': randomUUID() };
    const unanswered = await say(id, 'decide', { verdict: 'yes' }, 'tenant_admin', headers);
    assert.deepEqual([unanswered.status, unanswered.headers.get('retry-after')], [503, '5']);
    await api.withWorker(async () => {
      const asked = await say(id, 'decide', { verdict: 'yes' }, 'tenant_admin', headers);
      assert.deepEqual(asked.body, { result: { decided: 'yes' } });
      await inStep(other, 0, 'running');
      await say(other, 'decide', { verdict: 'no' });
      assert.deepEqual((await ended(other))['result'], { verdict: 'no', remarks: ['early'] });
    });
  });
});

describe('reading and cancelling runs', function () {
  this.timeout(60_000);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const api = useRunsApi({
    untilCancelled,
    counting: async () => {
      beat({ position: 12, detail: '12 of 34 rows' });
      await held;
    },
    unlucky: () => {
      throw new VendorUnavailableError('Stripe', '503', 3_600);
    },
    broken: () => {
      throw new RangeError('ada@example.org is out of range');
    },
  });
  const start = async (steps: readonly string[]): Promise<string> =>
    String((await api.send('/v1/processes/run-script/runs', { as: 'ops', body: { key: `k-${randomUUID()}`, steps } })).body['id']);
  const read = async (id: string): Promise<Json> => (await api.send(`/v1/runs/${id}`, { as: 'ops' })).body;

  it('describes a run by what Temporal knows of it, in bounded time, when no worker is up', async () => {
    const id = await start(['one']);
    const asked = Date.now();
    const run = await read(id);
    assert.ok(Date.now() - asked < 3_500);
    assert.deepEqual([run['status'], run['degraded'], run['steps'], run['actions']], ['running', true, [], ['cancel']]);
    const away = await api.sendWithoutTemporal(`/v1/runs/${id}`, { as: 'ops' });
    assert.deepEqual([away.status, away.body['degraded'], away.body['status']], [200, true, 'running']);
  });

  it('tells how far a step is, and why it has to be tried again, with a worker and without', async () => {
    const detailOf = (run: Json): unknown => run['steps']?.[0]?.['detail'];
    const waiting = await api.withWorker(async () => {
      const counting = await start(['counting']);
      await until(async () => detailOf(await read(counting)) === '12 of 34 rows', 20_000);
      release();
      const [unlucky, broken] = [await start(['unlucky']), await start(['broken'])];
      await until(async () => String(detailOf(await read(unlucky))).startsWith('attempt 1 failed: Stripe cannot be reached'), 20_000);
      await until(async () => /^attempt \d+ failed: Something went wrong on our side/.test(String(detailOf(await read(broken)))), 20_000);
      return unlucky;
    });
    const run = await read(waiting);
    assert.deepEqual([run['degraded'], run['steps']?.[0]?.['name'], run['steps']?.[0]?.['state']], [true, 'act', 'running']);
    assert.match(String(detailOf(run)), /^attempt 1 failed: Stripe cannot be reached/);
  });

  it('cancels a run, undone, and refuses what comes after its end', async () => {
    await api.withWorker(async () => {
      const id = await start(['one', 'untilCancelled']);
      await until(async () => (await read(id))['steps']?.[1]?.['state'] === ('running' as unknown), 20_000);
      const answer = await api.send(`/v1/runs/${id}/cancel`, { as: 'ops', method: 'POST' });
      assert.deepEqual([answer.status, answer.body], [202, { id }]);
      const run = await until(async () => {
        const now = await read(id);
        return now['status'] === ('running' as unknown) ? undefined : now;
      }, 20_000);
      assert.deepEqual([run['status'], run['error']?.['code'], run['actions']], ['cancelled', 'cancelled', []]);
      assert.deepEqual(
        listOf(run['steps']).map(({ state }) => state),
        ['undone', 'undone'],
      );
      const again = await api.send(`/v1/runs/${id}/cancel`, { as: 'ops', method: 'POST' });
      assert.deepEqual(typeOf(again), [409, problem('run-closed')]);
    });
  });

  it('cancels only for those who may', async () => {
    const id = await start(['one']);
    assert.equal((await api.send(`/v1/runs/${id}/cancel`, { as: 'compliance', method: 'POST' })).status, 403);
    assert.equal((await api.send(`/v1/runs/${id}/cancel`, { as: 'tenant_admin', method: 'POST' })).status, 404);
  });

  it('pages through the runs of the tenant, newest first, by process and status', async () => {
    const ids = [await start(['one']), await start(['one']), await start(['one'])].toReversed();
    const first = await api.send('/v1/runs?limit=2&process=run-script&status=running', { as: 'compliance' });
    assert.deepEqual(
      listOf(first.body['items']).map(({ id }) => id),
      ids.slice(0, 2),
    );
    const second = await api.send(`/v1/runs?limit=2&process=run-script&cursor=${String(first.body['nextCursor'])}`, { as: 'ops' });
    assert.equal(listOf(second.body['items'])[0]?.['id'], ids[2]);
    assert.deepEqual((await api.send('/v1/runs?process=no-such', { as: 'ops' })).body['items'], []);
    assert.deepEqual((await api.send('/v1/runs', { as: 'tenant_admin' })).body['items'], []);
    assert.equal((await api.send('/v1/runs?cursor=nonsense', { as: 'ops' })).status, 422);
    assert.equal((await api.send('/v1/runs', { as: 'teacher' })).status, 403);
  });

  it("cancels what a school must not stop only for the platform's staff, who say whose the run is", async () => {
    const body = { key: `k-${randomUUID()}` };
    const { body: begun } = await api.send('/v1/processes/dun-school/runs', { as: 'tenant_admin', body });
    const path = `/v1/runs/${String(begun['id'])}`;
    assert.deepEqual((await api.send(path, { as: 'tenant_admin' })).body['actions'], []);
    const cancel = (as: Role, query = '', school: 0 | 1 = 0): Promise<Answer> =>
      api.send(`${path}/cancel${query}`, { as, school, method: 'POST' });
    const [own, other] = api.schools.map(({ id }) => `?tenantId=${id}`);
    assert.equal((await cancel('tenant_admin')).status, 403);
    assert.equal((await cancel('ops')).status, 404);
    assert.equal((await cancel('ops', other)).status, 404);
    assert.equal((await cancel('tenant_admin', own, 1)).status, 404);
    assert.equal((await cancel('ops', own)).status, 202);
  });
});
