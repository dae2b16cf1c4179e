import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createRunActivities } from '../../activities/run.ts';
import { platformTenantId } from '../../domain/roles.ts';
import type { RunHint } from '../../domain/run.ts';
import { inTenant } from '../../platform/database.ts';
import { Run } from '../../platform/models/run.ts';
import { useDatabases } from '../support/database.ts';

describe('recordRunStart', () => {
  const databases = useDatabases();
  const scheduled = (runId: string) => ({
    runId,
    tenantId: platformTenantId,
    process: 'expire-uploads',
    workflowId: 'expire-uploads:all-2026-11-23T10:00:00Z',
    startedBy: platformTenantId,
    requestId: randomUUID(),
  });

  it('writes a run down once, with one entry in the audit log by nobody, and leaves a run that has ended alone', async () => {
    const { recordRunStart, recordRunEnd } = createRunActivities({
      knex: databases.main,
      hints: { moved: () => undefined, drained: async () => undefined },
    });
    const run = scheduled(randomUUID());
    await recordRunStart(run);
    await recordRunEnd({ runId: run.runId, tenantId: platformTenantId, steps: [], status: 'completed' });
    await recordRunStart(run);
    const { row, entries } = await inTenant(databases.main, platformTenantId, async (trx) => ({
      row: await Run.query(trx).findOne({ id: run.runId }),
      entries: await trx('audit_log').where({ run_id: run.runId }).select('action', 'actor_id', 'request_id'),
    }));
    assert.deepEqual(
      [row?.process, row?.workflow_id, row?.started_by, row?.request_id, row?.status],
      [run.process, run.workflowId, platformTenantId, run.requestId, 'completed'],
    );
    assert.deepEqual(entries, [{ action: 'run.start', actor_id: null, request_id: run.requestId }]);
  });
});

describe('recordRunEnd', () => {
  const databases = useDatabases();
  const hints: RunHint[] = [];
  const activities = () =>
    createRunActivities({ knex: databases.main, hints: { moved: (hint) => void hints.push(hint), drained: async () => undefined } });
  const rowOf = (id: string): Promise<Run | undefined> =>
    inTenant(databases.main, platformTenantId, async (trx) => Run.query(trx).findOne({ id }));
  const insert = async (): Promise<string> => {
    const id = randomUUID();
    const row = { id, tenant_id: platformTenantId, process: 'p', workflow_id: 'w', started_by: randomUUID(), request_id: randomUUID() };
    await inTenant(databases.main, platformTenantId, async (trx) => Run.query(trx).insert(row));
    return id;
  };
  const end = (runId: string) => ({ runId, tenantId: platformTenantId, steps: [{ name: 'one', state: 'done' }] }) as const;

  it('closes the run once: a second attempt changes nothing', async () => {
    const id = await insert();
    await activities().recordRunEnd({ ...end(id), status: 'completed', result: { rows: 3 } });
    const first = await rowOf(id);
    assert.deepEqual(
      [first?.status, first?.result, first?.steps, first?.error, first?.version],
      ['completed', { rows: 3 }, end(id).steps, null, 2],
    );
    await activities().recordRunEnd({ ...end(id), status: 'failed', error: { code: 'internal', message: 'late' } });
    assert.deepEqual(await rowOf(id), first);
  });

  it('keeps results of any shape', async () => {
    for (const result of [[1, 'two'], 'text', 7, false]) {
      const id = await insert();
      await activities().recordRunEnd({ ...end(id), status: 'completed', result });
      assert.deepEqual((await rowOf(id))?.result, result);
    }
  });

  it('does not mind that the row has gone with its tenant, and tells watchers', async () => {
    const id = randomUUID();
    await activities().recordRunEnd({ ...end(id), status: 'cancelled' });
    assert.deepEqual([hints.at(-1)?.id, hints.at(-1)?.runId], [`${id}-end`, id]);
  });
});
