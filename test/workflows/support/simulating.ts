import { Readable } from 'node:stream';
import type { WorkflowHandle } from '@temporalio/client';
import { createDunningSimulationActivities, type SimulationSource } from '../../../activities/dunning-simulation.ts';
import { defaultPolicy, type DunningPolicy } from '../../../domain/dunning/policy.ts';
import type { RunContext, RunEnd } from '../../../domain/run.ts';
import { workflowIdOf } from '../../../domain/workflow-id.ts';
import { newId } from '../../../platform/ids.ts';
import { createUploads } from '../../../platform/roster/uploads.ts';
import { createStorage } from '../../../platform/storage.ts';
import { useMaking } from '../../activities/support/school-in-making.ts';
import { makeTenant } from '../../support/school.ts';
import { servers } from '../../support/servers.ts';
import { withWorker } from '../../support/temporal.ts';

export const patient: DunningPolicy = {
  ...defaultPolicy,
  name: 'patient',
  retryAfterHours: { ...defaultPolicy.retryAfterHours, soft: [72, 168, 336] },
};

/** Call in a `describe`: simulations for schools of their own, on real stores and a real Temporal. */
export function useSimulating() {
  const making = useMaking();
  const deps = () => ({ knex: making.databases.main, keyring: making.keyring, storage: createStorage(servers().s3) });

  return {
    making,
    makeSchool: (): Promise<string> => makeTenant({ main: making.databases.main, vault: making.vault.vault }, `s-${newId().slice(-12)}`),
    async upload(tenantId: string, text: string): Promise<string> {
      const { knex, ...rest } = deps();
      const body = Readable.from([Buffer.from(text)]);
      const uploads = createUploads({ main: knex, ...rest });
      return (await uploads.receive({ tenantId, accountId: newId(), requestId: newId(), body, kind: 'csv' })).id;
    },
    activities: () => createDunningSimulationActivities(deps()),
    /** Runs the process for a school, and hands over the run while its worker is there. */
    run: async <T>(
      tenantId: string,
      input: { readonly source: SimulationSource; readonly policy?: DunningPolicy },
      work: (handle: WorkflowHandle, ends: readonly RunEnd[]) => Promise<T>,
      /** Called before anything is read. */
      atFirst: () => Promise<void> = async () => undefined,
    ): Promise<T> => {
      const ends: RunEnd[] = [];
      const recordRunEnd = async (end: RunEnd): Promise<void> => void ends.push(end);
      const { simulateDunning } = createDunningSimulationActivities(deps());
      const simulate: typeof simulateDunning = (given) => atFirst().then(() => simulateDunning(given));
      const run: RunContext = { runId: newId(), tenantId, startedBy: newId(), requestId: newId() };
      return withWorker({ activities: { simulateDunning: simulate, recordRunEnd } }, async ({ client, taskQueue }) => {
        const workflowId = workflowIdOf('simulate-dunning', tenantId, 'simulation');
        const args = [{ policy: patient, ...input, run }];
        return work(await client.workflow.start('simulateDunning', { workflowId, taskQueue, args }), ends);
      });
    },
  };
}
