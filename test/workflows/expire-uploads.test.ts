import assert from 'node:assert/strict';
import { platformTenantId } from '../../domain/roles.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { Run } from '../../platform/models/run.ts';
import { useRosters } from '../support/roster-school.ts';
import { runExpiring, scheduledStart } from './support/expiring.ts';
import { failureOf, stepsOf } from './support/runs.ts';

describe('expireUploads', function () {
  this.timeout(60_000);
  const bench = useRosters();
  const rows = (where: object): Promise<Run[]> =>
    inTenant(bench.databases.main, platformTenantId, async (trx) => Run.query(trx).where({ tenant_id: platformTenantId, ...where }));

  it('records its own start and end when a schedule starts it', async () => {
    await runExpiring(bench, scheduledStart, async (handle) => {
      assert.deepEqual(await handle.result(), { tenants: 0, removed: 0 });
      assert.deepEqual(await stepsOf(handle), { 'remove-expired': 'done' });
      const [row] = await rows({ workflow_id: handle.workflowId });
      assert.deepEqual(
        [row?.process, row?.status, row?.started_by, row?.result],
        ['expire-uploads', 'completed', platformTenantId, { tenants: 0, removed: 0 }],
      );
    });
  });

  it('writes no row of its own when somebody starts it: the API has', async () => {
    const run = { runId: newId(), tenantId: platformTenantId, startedBy: newId(), requestId: newId() };
    const acted: string[] = [];
    await runExpiring(
      bench,
      run,
      (handle) => handle.result(),
      async (name) => void acted.push(name),
    );
    assert.deepEqual(acted, ['expireUploads', 'recordRunEnd']);
    assert.deepEqual(await rows({ id: run.runId }), []);
  });

  it('stands as cancelled when it is cancelled while it begins', async () => {
    let cancel = async (): Promise<unknown> => undefined;
    let started = (): void => undefined;
    const known = new Promise<void>((resolve) => (started = resolve));
    const around = async (name: string): Promise<void> => {
      if (name !== 'recordRunStart') return;
      await known;
      await cancel();
    };
    await runExpiring(
      bench,
      scheduledStart,
      async (handle) => {
        cancel = () => handle.cancel();
        started();
        await failureOf(handle);
        const [row] = await rows({ workflow_id: handle.workflowId });
        assert.deepEqual([row?.status, row?.error?.code], ['cancelled', 'cancelled']);
      },
      around,
    );
  });
});
