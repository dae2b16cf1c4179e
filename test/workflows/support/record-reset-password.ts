import type { WorkflowHandle } from '@temporalio/client';
import { createAccounts } from '../../../platform/identity/accounts.ts';
import { newId } from '../../../platform/ids.ts';
import { createGate, type HistoryName, recordMissing, type Way } from './recording.ts';
import { useResetting } from './resetting.ts';
import { cancelAndHear, failureOf } from './runs.ts';

/** `npm run record-history` records the ways of reset-password that have no history. */
describe('histories of reset-password', () => {
  const resetting = useResetting();
  async function loginOfAccount(): Promise<string> {
    const login = `${newId()}@example.org`;
    const accounts = createAccounts({ main: resetting.making.databases.main, keyring: resetting.making.keyring });
    await accounts.createAccount({ accountId: newId(), login, password: 'correct horse battery' });
    return login;
  }

  const ways: Readonly<Record<HistoryName, Way>> = {
    'reset-password.2026-11.completed': async (keep) =>
      resetting.run(await loginOfAccount(), async (handle) => {
        await handle.result();
        await keep(handle);
      }),
    'reset-password.2026-11.completed-without-account': (keep) =>
      resetting.run(`${newId()}@example.org`, async (handle) => {
        await handle.result();
        await keep(handle);
      }),
    'reset-password.2026-11.cancelled': async (keep) => {
      const begun = createGate<WorkflowHandle>();
      const run = async (handle: WorkflowHandle): Promise<void> => {
        begun.open(handle);
        await failureOf(handle);
        await keep(handle);
      };
      await resetting.run(await loginOfAccount(), run, async () => void (await cancelAndHear(await begun.opened)));
    },
  };
  recordMissing(ways);
}).timeout(60_000);
