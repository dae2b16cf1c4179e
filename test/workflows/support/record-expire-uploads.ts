import type { WorkflowHandle } from '@temporalio/client';
import { platformTenantId } from '../../../domain/roles.ts';
import type { RunContext } from '../../../domain/run.ts';
import { useRosters } from '../../support/roster-school.ts';
import { runExpiring, scheduledStart } from './expiring.ts';
import { createGate, type HistoryName, recordMissing, type Way } from './recording.ts';
import { cancelAndHear, failureOf } from './runs.ts';
import { runContext, untilCancelled } from './world.ts';

const startedByStaff = (): RunContext => ({ ...runContext(), tenantId: platformTenantId });

/** `npm run record-history` records the ways of expire-uploads that have no history. */
describe('histories of expire-uploads', () => {
  const bench = useRosters();

  const ways: Readonly<Record<HistoryName, Way>> = {
    'expire-uploads.2026-11.completed': (keep) =>
      runExpiring(bench, startedByStaff(), async (handle) => {
        await handle.result();
        await keep(handle);
      }),
    'expire-uploads.2026-11.scheduled': (keep) =>
      runExpiring(bench, scheduledStart, async (handle) => {
        await handle.result();
        await keep(handle);
      }),
    'expire-uploads.2026-11.cancelled': async (keep) => {
      const begun = createGate<WorkflowHandle>();
      const cancel = async (name: string): Promise<void> => {
        if (name !== 'expireUploads') return;
        await cancelAndHear(await begun.opened);
        await untilCancelled();
      };
      const run = async (handle: WorkflowHandle): Promise<void> => {
        begun.open(handle);
        await failureOf(handle);
        await keep(handle);
      };
      await runExpiring(bench, startedByStaff(), run, cancel);
    },
  };
  recordMissing(ways);
}).timeout(60_000);
