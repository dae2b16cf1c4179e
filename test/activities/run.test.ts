import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createRunActivities } from '../../activities/run.ts';
import { platformTenantId } from '../../domain/roles.ts';
import type { RunHint } from '../../domain/run.ts';
import { inTenant } from '../../platform/database.ts';
import { Run } from '../../platform/models/run.ts';
import { useDatabases } from '../support/database.ts';

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
