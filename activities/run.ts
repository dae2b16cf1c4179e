import type { Knex } from 'knex';
import type { RunEnd, RunStart } from '../domain/run.ts';
import { audit } from '../platform/audit.ts';
import { inTenant } from '../platform/database.ts';
import type { RunNotifier } from '../platform/run-hints.ts';

export interface RunDeps {
  readonly knex: Knex;
  readonly hints: RunNotifier;
}

export const createRunActivities = ({ knex, hints }: RunDeps) => ({
  /** Safe to retry: the id is the run's own, so a second attempt meets the row of the first and says nothing more. */
  async recordRunStart({ runId, tenantId, process, workflowId, startedBy, requestId }: RunStart): Promise<void> {
    const row = { id: runId, tenant_id: tenantId, process, workflow_id: workflowId, started_by: startedBy, request_id: requestId };
    await inTenant(knex, tenantId, async (trx) => {
      const written = await trx('runs').insert(row).onConflict(['tenant_id', 'id']).ignore().returning('id');
      if (written.length === 0) return;
      await audit(trx, { tenantId, actorId: null, action: 'run.start', objectType: 'run', objectId: runId, requestId, runId });
    });
  },
  /** Safe to retry: only a run still open in the projection is closed, so a second attempt changes nothing. */
  async recordRunEnd({ runId, tenantId, status, steps, result, error }: RunEnd): Promise<void> {
    await inTenant(knex, tenantId, (trx) =>
      trx('runs')
        .where({ id: runId })
        .whereNull('closed_at')
        .update({
          status,
          steps: JSON.stringify(steps),
          result: result === undefined ? null : JSON.stringify(result),
          error: error === undefined ? null : JSON.stringify(error),
          closed_at: trx.fn.now(),
          updated_at: trx.fn.now(),
          version: trx.raw('version + 1'),
        }),
    );
    hints.moved({ id: `${runId}-end`, runId, tenantId, at: new Date().toISOString(), progress: { steps } });
  },
});
export type RunActivities = ReturnType<typeof createRunActivities>;
