import type { WorkflowHandle } from '@temporalio/client';
import { createGate, type HistoryName, recordMissing, type Way } from './recording.ts';
import { cancelAndHear, failureOf } from './runs.ts';
import { useSimulating } from './simulating.ts';
import { untilCancelled } from './world.ts';

/** `npm run record-history` records the ways of simulate-dunning that have no history. */
describe('histories of simulate-dunning', () => {
  const simulating = useSimulating();
  const input = { source: { sample: 50, seed: 1 } };

  const ways: Readonly<Record<HistoryName, Way>> = {
    'simulate-dunning.2026-11.completed': async (keep) =>
      simulating.run(await simulating.makeSchool(), input, async (handle) => {
        await handle.result();
        await keep(handle);
      }),
    'simulate-dunning.2026-11.cancelled': async (keep) => {
      const begun = createGate<WorkflowHandle>();
      const run = async (handle: WorkflowHandle): Promise<void> => {
        begun.open(handle);
        await failureOf(handle);
        await keep(handle);
      };
      await simulating.run(await simulating.makeSchool(), input, run, async () => {
        await cancelAndHear(await begun.opened);
        await untilCancelled();
      });
    },
  };
  recordMissing(ways);
}).timeout(60_000);
