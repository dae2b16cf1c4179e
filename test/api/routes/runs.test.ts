import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { inTenant } from '../../../platform/database.ts';
import { IdempotencyKey, Run } from '../../../platform/models/run.ts';
import { SealedInput } from '../../../platform/models/sealed-input.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import { refuse } from '../../../activities/support/refuse.ts';
import { TenantExistsError } from '../../../domain/errors.ts';
import type { Answer, Json } from '../../support/http.ts';
import { openedHistory } from '../../support/opened-history.ts';
import { type RunsApi, useRunsApi } from '../../support/runs-api.ts';
import { until } from '../../support/until.ts';
import { untilCancelled } from '../../workflows/support/world.ts';

const problem = (code: string): string => `https://errors.toolbox.example/${code}`;
const key = (): string => `k-${randomUUID()}`;
const idOf = ({ body }: Answer): string => String(body['id']);
const listOf = (value: Json | undefined): Json[] => value as unknown as Json[];
const text = (value: Json | undefined): string => value as unknown as string;

const start = (api: RunsApi, input: object, headers = {}): Promise<Answer> =>
  api.send('/v1/processes/run-script/runs', { as: 'ops', body: { key: key(), ...input }, headers });
const read = async (api: RunsApi, id: string): Promise<Json> => (await api.send(`/v1/runs/${id}`, { as: 'ops' })).body;
const ended = (api: RunsApi, id: string): Promise<Json> =>
  until(async () => {
    const run = await read(api, id);
    return text(run['status']) === 'running' ? undefined : run;
  }, 20_000);
const rowsOf = (api: RunsApi, where: object): Promise<Run[]> =>
  inTenant(api.main, platformTenantId, async (trx) => Run.query(trx).where(where).orderBy('id'));

describe('starting a run', function () {
  this.timeout(60_000);
  const api = useRunsApi({
    refused: () => {
      throw refuse(new TenantExistsError('acme'));
    },
    endless: untilCancelled,
  });

  it('is offered only to those who may, with the schema of its input', async () => {
    const { body } = await api.send('/v1/processes', { as: 'ops' });
    const items = listOf(body['items']);
    assert.deepEqual(
      items.map(({ name }) => text(name)),
      ['run-script', 'join-script'],
    );
    assert.equal(items[0]?.['schema']?.['properties']?.['contact']?.['properties']?.['name']?.['pii'], 'name');
    assert.deepEqual(
      listOf((await api.send('/v1/processes', { as: 'tenant_admin' })).body['items']).map(({ name }) => text(name)),
      ['dun-school', 'ask-school'],
    );
    assert.deepEqual((await api.send('/v1/processes', { as: 'student' })).body['items'], []);
  });

  it('answers 202 with where to look, and the run ends with its steps and its result', async () => {
    await api.withWorker(async () => {
      const answer = await start(api, {});
      assert.equal(answer.status, 202);
      const id = idOf(answer);
      assert.equal(answer.headers.get('location'), `/v1/runs/${id}`);
      const run = await ended(api, id);
      assert.deepEqual([run['status'], run['result'], run['degraded'], run['takes']], ['completed', { done: 2 }, false, []]);
      assert.deepEqual(
        listOf(run['steps']).map(({ name, state }) => `${text(name)} ${text(state)}`),
        ['one done', 'two done'],
      );
      assert.equal(run['startedBy'], api.member('ops').accountId);
    });
  });

  it('names every fault of the input, and makes nothing', async () => {
    const answer = await start(api, { key: 'No Good', steps: 'one', more: 1 });
    assert.equal(answer.status, 422);
    assert.equal(listOf(answer.body['issues']).length, 3);
  });

  it('is refused to those who may not, and in a tenant that is not the place for it', async () => {
    const body = { key: key() };
    assert.equal((await api.send('/v1/processes/run-script/runs', { as: 'compliance', body })).status, 403);
    assert.equal((await api.send('/v1/processes/run-script/runs', { as: 'tenant_admin', body })).status, 403);
    assert.equal((await api.send('/v1/processes/ask-school/runs', { as: 'super_admin', body })).status, 403);
    assert.equal((await api.send('/v1/processes/no-such/runs', { as: 'ops', body })).status, 404);
  });

  it('tells why a run failed by its code, never in internal words', async () => {
    await api.withWorker(async () => {
      const refused = await ended(api, idOf(await start(api, { steps: ['refused'] })));
      assert.deepEqual(
        [refused['status'], refused['error']],
        ['failed', { code: 'tenant-exists', message: "The name 'acme' is taken.", details: { slug: 'acme' } }],
      );
      const broken = await ended(api, idOf(await start(api, { bugBefore: 'one' })));
      assert.deepEqual(broken['error'], { code: 'internal', message: 'Something went wrong on our side.' });
    });
  });

  it('refuses a second run with the same business key, and names the first', async () => {
    const body = { key: key() };
    const first = await start(api, body);
    const second = await start(api, body);
    assert.deepEqual([second.status, second.body['type'], second.body['runId']], [409, problem('run-in-progress'), idOf(first)]);
    assert.equal((await rowsOf(api, { workflow_id: `run-script:${body.key}` })).length, 1);
  });

  it('waits for a run that has said its end and is about to be gone', async () => {
    const body = { key: key() };
    const workflowId = `run-script:${body.key}`;
    const first = idOf(await start(api, body));
    await inTenant(api.main, platformTenantId, async (trx) => Run.query(trx).patch({ closed_at: new Date() }).where({ id: first }));
    const second = start(api, body);
    await until(async () => (await rowsOf(api, { workflow_id: workflowId })).length === 2);
    const { workflow } = api.temporal.client;
    await workflow.getHandle(workflowId).describe();
    await workflow.getHandle(workflowId).terminate();
    assert.equal((await second).status, 202);
  });

  it('answers with the run in progress where the process says so', async () => {
    const body = { key: key() };
    const send = (headers = {}): Promise<Answer> => api.send('/v1/processes/join-script/runs', { as: 'ops', body, headers });
    const first = idOf(await send());
    assert.deepEqual([idOf(await send()), (await rowsOf(api, { workflow_id: `join-script:${body.key}` })).length], [first, 1]);
    const named = { 'idempotency-key': randomUUID() };
    assert.deepEqual([idOf(await send(named)), idOf(await send(named))], [first, first]);
  });

  describe('with personal data in the input', () => {
    const contact = { name: 'Ada Lovelace-Byron', note: 'harmless' };

    it('seals them before the start: neither the history nor the row knows them', async () => {
      const id = idOf(await start(api, { contact }));
      const [row] = await rowsOf(api, { id });
      const sealed = await inTenant(api.main, platformTenantId, async (trx) =>
        SealedInput.query(trx).findById(String(row?.sealed_input_id)),
      );
      assert.ok(sealed);
      const sealer = await api.keyring.sealer(platformTenantId, [sealed.id]);
      const place = { tenantId: platformTenantId, table: 'sealed_inputs', column: 'sealed', rowId: sealed.id };
      assert.deepEqual(JSON.parse(sealer.open(sealed.id, place, sealed.sealed)), { contact: { name: contact.name } });
      const history = await openedHistory(api.temporal.client.workflow.getHandle(String(row?.workflow_id)));
      const [payload] = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
      const sent = JSON.parse(Buffer.from(payload?.data ?? []).toString()) as { contact: object; run: { sealedInputId: string } };
      assert.deepEqual([sent.contact, sent.run.sealedInputId], [{ note: 'harmless' }, sealed.id]);
    });

    it('keeps nothing of them when the run is refused', async () => {
      const body = { key: key(), contact };
      await start(api, body);
      const count = (): Promise<number> => inTenant(api.main, platformTenantId, async (trx) => SealedInput.query(trx).resultSize());
      const before = await count();
      assert.equal((await start(api, body)).status, 409);
      assert.equal(await count(), before);
    });
  });

  describe('under an Idempotency-Key', () => {
    const named = (): { 'idempotency-key': string } => ({ 'idempotency-key': randomUUID() });

    it('gives the same request the same answer, also after the run has ended', async () => {
      const [headers, body] = [named(), { key: key(), contact: { name: 'Ada', note: 'n' } }];
      const first = await start(api, body, headers);
      const { contact, ...rest } = body;
      assert.deepEqual((await start(api, { contact, ...rest }, headers)).body, first.body);
      await api.withWorker(() => ended(api, idOf(first)));
      const late = await start(api, body, headers);
      assert.deepEqual([late.status, late.body], [202, first.body]);
      assert.equal((await rowsOf(api, { workflow_id: `run-script:${body.key}` })).length, 1);
    });

    it('refuses another request under the same key', async () => {
      const headers = named();
      await start(api, {}, headers);
      const other = await start(api, {}, headers);
      assert.deepEqual([other.status, other.body['type']], [409, problem('idempotency-conflict')]);
    });

    it('makes one run of many requests at once', async () => {
      const [headers, body] = [named(), { key: key(), contact: { name: 'Ada', note: 'n' } }];
      const answers = await Promise.all(Array.from({ length: 8 }, () => start(api, body, headers)));
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [202]);
      assert.equal(new Set(answers.map(idOf)).size, 1);
      assert.equal((await rowsOf(api, { workflow_id: `run-script:${body.key}` })).length, 1);
    });

    it('belongs to the tenant: another may use the same', async () => {
      const headers = named();
      const send = (school: 0 | 1): Promise<Answer> =>
        api.send('/v1/processes/ask-school/runs', { as: 'tenant_admin', school, body: { key: 'same' }, headers });
      const [one, two] = [await send(0), await send(1)];
      assert.deepEqual([one.status, two.status], [202, 202]);
      assert.notEqual(idOf(one), idOf(two));
    });

    it('is free again when the run was refused, and may be used up to then', async () => {
      const [headers, body] = [named(), { key: key() }];
      const first = idOf(await start(api, body));
      assert.equal((await start(api, body, headers)).status, 409);
      await api.withWorker(async () => {
        await ended(api, first);
        const second = await start(api, body, headers);
        assert.deepEqual([second.status, idOf(second) !== first], [202, true]);
      });
    });

    it('starts once even if the repeat comes when the first has run and ended unrecorded', async () => {
      const [headers, body] = [named(), { key: key() }];
      const first = idOf(await start(api, body, headers));
      await api.temporal.client.workflow.getHandle(`run-script:${body.key}`).terminate();
      assert.equal(idOf(await start(api, body, headers)), first);
      assert.equal((await api.temporal.client.workflow.getHandle(`run-script:${body.key}`).describe()).status.name, 'TERMINATED');
    });
  });

  describe('while Temporal is away', () => {
    const startWithout = (body: object, headers = {}): Promise<Answer> =>
      api.sendWithoutTemporal('/v1/processes/run-script/runs', { as: 'ops', body, headers });

    it('is answered 503 with a time to try again, and the repeat starts the run that was written down', async () => {
      const [headers, body] = [{ 'idempotency-key': randomUUID() }, { key: key(), contact: { name: 'Ada', note: 'n' } }];
      const refused = await startWithout(body, headers);
      assert.deepEqual([refused.status, refused.body['type'], refused.headers.get('retry-after')], [503, problem('unavailable'), '5']);
      const [written] = await rowsOf(api, { workflow_id: `run-script:${body.key}` });
      const accepted = await start(api, body, headers);
      assert.deepEqual([accepted.status, idOf(accepted)], [202, written?.id]);
      await api.withWorker(async () => assert.equal((await ended(api, idOf(accepted)))['status'], 'completed'));
    });

    it('leaves nothing that stands in the way of a repeat without a key', async () => {
      const body = { key: key() };
      assert.equal((await startWithout(body)).status, 503);
      assert.equal((await start(api, body)).status, 202);
    });

    it('ends a run that never began once it is read, forgets its input and frees its key', async () => {
      const [headers, body] = [{ 'idempotency-key': randomUUID() }, { key: key(), contact: { name: 'Ada', note: 'n' } }];
      await startWithout(body, headers);
      const [row] = await rowsOf(api, { workflow_id: `run-script:${body.key}` });
      assert.ok(row?.sealed_input_id);
      assert.equal((await read(api, row.id))['status'], 'running');
      await inTenant(api.main, platformTenantId, async (trx) =>
        Run.query(trx)
          .patch({ created_at: new Date(Date.now() - 120_000) })
          .where({ id: row.id }),
      );
      const listed = await api.send('/v1/runs?status=running', { as: 'ops' });
      assert.equal(listOf(listed.body['items']).find(({ id }) => text(id) === row.id)?.['status'], 'failed');
      assert.equal((await read(api, row.id))['error']?.['code'], 'never-started');
      const { sealer } = api.keyring;
      assert.equal((await sealer(platformTenantId, [row.sealed_input_id])).has(row.sealed_input_id), false);
      assert.equal(
        await inTenant(api.main, platformTenantId, async (trx) => IdempotencyKey.query(trx).where({ run_id: row.id }).resultSize()),
        0,
      );
      const again = await start(api, body, headers);
      assert.deepEqual([again.status, idOf(again) !== row.id], [202, true]);
    });
  });
});
