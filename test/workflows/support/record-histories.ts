import { writeFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { openedHistory } from '../../support/opened-history.ts';
import { useOnboarding } from './onboarding.ts';
import { cancelAndHear, failureOf } from './runs.ts';
import { rosterFiles, zipOf } from './small-roster.ts';

/**
 * Records what test/workflows/replay.test.ts replays. Run it, like a test file, when a process has a new path, never to quiet a replay
 * that fails: a run that is under way in production cannot be recorded again.
 */
describe('histories', () => {
  const onboarding = useOnboarding();
  const month = '2026-11';
  const keep = (name: string, json: string): void => {
    // Who ran it is of no interest, and names a machine.
    const text = json.replace(/"identity":\s*"[^"]*"/g, '"identity": "worker"');
    writeFileSync(new URL(`../histories/onboard-school.${month}${name}.json`, import.meta.url), `${text}\n`);
  };
  const start = async (slug: string) => onboarding.start({ slug, rosterUploadId: await onboarding.upload(await zipOf(rosterFiles)) });

  it('of a school that was onboarded', async () => {
    const { handle } = await start('lincoln-high');
    await handle.result();
    keep('', historyToJSON(await openedHistory(handle)));
  });

  it('of a school that was not', async () => {
    const started = start('lincoln-low');
    onboarding.around = async (name, act) => {
      if (name === 'activateTenant') await cancelAndHear((await started).handle);
      return act();
    };
    const { handle } = await started;
    await failureOf(handle);
    keep('.cancelled', historyToJSON(await openedHistory(handle)));
  });
}).timeout(60_000);
