import { useOnboarding } from './onboarding.ts';
import { type HistoryName, recordMissing, type Way } from './recording.ts';
import { cancelAndHear, failureOf } from './runs.ts';
import { rosterFiles, zipOf } from './small-roster.ts';

/** `npm run record-history` records the ways of onboard-school that have no history. */
describe('histories of onboard-school', () => {
  const onboarding = useOnboarding();
  const startWithRoster = async () => onboarding.start({ rosterUploadId: await onboarding.upload(await zipOf(rosterFiles)) });

  const ways: Readonly<Record<HistoryName, Way>> = {
    'onboard-school.2026-11.completed': async (keep) => {
      const { handle } = await startWithRoster();
      await handle.result();
      await keep(handle);
    },
    'onboard-school.2026-11.completed-without-roster': async (keep) => {
      const { handle } = await onboarding.start({ inviteStaff: false });
      await handle.result();
      await keep(handle);
    },
    'onboard-school.2026-11.refused': async (keep) => {
      const { handle } = await onboarding.start({ plan: 'gold' });
      await failureOf(handle);
      await keep(handle);
    },
    'onboard-school.2026-11.undone': async (keep) => {
      await onboarding.sendgrid.control.addFault({ kind: 'status', status: 403, method: 'POST', path: '/v3/mail/send' });
      const { handle } = await startWithRoster();
      await failureOf(handle);
      await keep(handle);
    },
    'onboard-school.2026-11.cancelled': async (keep) => {
      const started = startWithRoster();
      onboarding.around = async (name, act) => {
        if (name === 'activateTenant') await cancelAndHear((await started).handle);
        return act();
      };
      const { handle } = await started;
      await failureOf(handle);
      await keep(handle);
    },
  };
  recordMissing(ways);
}).timeout(60_000);
