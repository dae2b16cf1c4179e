import { writeFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { createAccounts } from '../../../platform/identity/accounts.ts';
import { newId } from '../../../platform/ids.ts';
import { openedHistory } from '../../support/opened-history.ts';
import { useResetting } from './resetting.ts';

/** Records what test/workflows/replay.test.ts replays of reset-password: see record-histories.ts for when to run it. */
describe('histories of reset-password', () => {
  const resetting = useResetting();

  it('of a mail that was sent', async () => {
    const login = `${newId()}@example.org`;
    const accounts = createAccounts({ main: resetting.making.databases.main, keyring: resetting.making.keyring });
    await accounts.createAccount({ accountId: newId(), login, password: 'correct horse battery' });
    await resetting.run(login, async (handle) => {
      await handle.result();
      const text = historyToJSON(await openedHistory(handle)).replace(/"identity":\s*"[^"]*"/g, '"identity": "worker"');
      writeFileSync(new URL('../histories/reset-password.2026-11.json', import.meta.url), `${text}\n`);
    });
  });
}).timeout(60_000);
