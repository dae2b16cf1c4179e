import type { WorkflowHandle } from '@temporalio/client';
import { platformTenantId } from '../../../domain/roles.ts';
import { runContext, untilCancelled } from './world.ts';
import { scheduledExpiry, useExporting } from './exporting.ts';
import { createGate, type HistoryName, recordMissing, type Way } from './recording.ts';
import { cancelAndHear, failureOf } from './runs.ts';

/** `npm run record-history` records the ways of expire-exports that have no history. */
describe('histories of expire-exports', () => {
  const exporting = useExporting();
  const startedByStaff = () => ({ ...runContext(), tenantId: platformTenantId });
  const completed =
    (keep: Parameters<Way>[0]) =>
    async (handle: WorkflowHandle): Promise<void> => {
      await handle.result();
      await keep(handle);
    };

  const ways: Readonly<Record<HistoryName, Way>> = {
    'expire-exports.2026-11.completed': (keep) => exporting.expire(startedByStaff(), completed(keep)),
    'expire-exports.2026-11.scheduled': (keep) => exporting.expire(scheduledExpiry, completed(keep)),
    'expire-exports.2026-11.cancelled': async (keep) => {
      const begun = createGate<WorkflowHandle>();
      const around = async (name: string, act: () => Promise<unknown>): Promise<unknown> => {
        if (name !== 'expireExports') return act();
        await cancelAndHear(await begun.opened);
        return untilCancelled();
      };
      const work = async (handle: WorkflowHandle): Promise<void> => {
        begun.open(handle);
        await failureOf(handle);
        await keep(handle);
      };
      await exporting.expire(startedByStaff(), work, around);
    },
  };
  recordMissing(ways);
}).timeout(60_000);
