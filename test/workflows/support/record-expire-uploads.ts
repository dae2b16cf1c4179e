import { writeFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { openedHistory } from '../../support/opened-history.ts';
import { useRosters } from '../../support/roster-school.ts';
import { runExpiring, scheduledStart } from './expiring.ts';

/** Records what test/workflows/replay.test.ts replays of expire-uploads: see record-histories.ts for when to run it. */
describe('histories of expire-uploads', () => {
  const bench = useRosters();

  it('of a run that its schedule started', () =>
    runExpiring(bench, scheduledStart, async (handle) => {
      await handle.result();
      const text = historyToJSON(await openedHistory(handle)).replace(/"identity":\s*"[^"]*"/g, '"identity": "worker"');
      writeFileSync(new URL('../histories/expire-uploads.2026-11.scheduled.json', import.meta.url), `${text}\n`);
    }));
}).timeout(60_000);
