import type { WorkflowHandle } from '@temporalio/client';
import { newId } from '../../../platform/ids.ts';
import { useCorrecting } from './correcting.ts';
import { createGate, type HistoryName, recordMissing, type Way } from './recording.ts';
import { cancelAndHear, failureOf } from './runs.ts';
import { progressUntil } from './world.ts';

/** `npm run record-history` records the ways of rectify-subject and restrict-subject that have no history. */
describe('histories of corrections and restrictions', () => {
  const correcting = useCorrecting();
  const corrections = { displayName: 'Zoë', email: 'zoe.obrien@lincoln.example' };
  const reason = 'accuracy-contested';
  const rectify = async () => ({ ...(await correcting.pupil()), corrections });
  const restrict = async () => ({ ...(await correcting.pupil()), reason });
  const held = (handle: WorkflowHandle) =>
    progressUntil(handle, ({ steps }) => steps.some(({ name, state }) => name === 'hold' && state === 'running'));

  const cancelled =
    (workflow: Parameters<typeof correcting.run>[0], input: () => Promise<Parameters<typeof correcting.run>[1]>): Way =>
    async (keep) => {
      const begun = createGate<WorkflowHandle>();
      await correcting.run(
        workflow,
        await input(),
        async ({ handle }) => {
          begun.open(handle);
          await failureOf(handle);
          await keep(handle);
        },
        async () => void (await cancelAndHear(await begun.opened)),
      );
    };

  const ways: Readonly<Record<HistoryName, Way>> = {
    'rectify-subject.2026-11.completed': async (keep) =>
      correcting.run('rectifySubject', await rectify(), async ({ handle }) => {
        await handle.result();
        await keep(handle);
      }),
    'rectify-subject.2026-11.cancelled': cancelled('rectifySubject', rectify),
    'restrict-subject.2026-11.completed': async (keep) =>
      correcting.run('restrictSubject', await restrict(), async ({ handle }) => {
        await held(handle);
        await handle.executeUpdate('lift', { args: [{}] });
        await handle.result();
        await keep(handle);
      }),
    'restrict-subject.2026-11.completed-by-date': async (keep) =>
      correcting.run(
        'restrictSubject',
        { ...(await restrict()), until: new Date(Date.now() + 1_500).toISOString() },
        async ({ handle }) => {
          await handle.result();
          await keep(handle);
        },
      ),
    'restrict-subject.2026-11.cancelled': cancelled('restrictSubject', restrict),
    'restrict-subject.2026-11.undone': async (keep) =>
      correcting.run('restrictSubject', await restrict(), async ({ handle }) => {
        await held(handle);
        await cancelAndHear(handle);
        await failureOf(handle);
        await keep(handle);
      }),
    'restrict-subject.2026-11.refused': async (keep) =>
      correcting.run('restrictSubject', { ...(await restrict()), personId: newId() }, async ({ handle }) => {
        await failureOf(handle);
        await keep(handle);
      }),
  };
  recordMissing(ways);
}).timeout(60_000);
