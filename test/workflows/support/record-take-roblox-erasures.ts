import type { WorkflowHandle } from '@temporalio/client';
import { platformTenantId } from '../../../domain/roles.ts';
import type { RunContext } from '../../../domain/run.ts';
import { newId } from '../../../platform/ids.ts';
import { createKeyring } from '../../../platform/keyring.ts';
import { storeNotice } from '../../../platform/privacy/roblox-requests.ts';
import { useDatabases } from '../../support/database.ts';
import { addPlayer } from '../../support/roblox-school.ts';
import { makeTenant } from '../../support/school.ts';
import { useVault } from '../../support/vault.ts';
import { createGate, type HistoryName, recordMissing, type Way } from './recording.ts';
import { cancelAndHear, failureOf } from './runs.ts';
import { type Taking, withTaking } from './taking-erasures.ts';
import { runContext, untilCancelled } from './world.ts';

const startedByStaff = (): RunContext => ({ ...runContext(), tenantId: platformTenantId });

/** `npm run record-history` records the ways of take-roblox-erasures that have no history. */
describe('histories of take-roblox-erasures', () => {
  const databases = useDatabases();
  const vault = useVault();
  const deps = () => ({ knex: databases.main, keyring: createKeyring({ knex: databases.keyring, vault: vault.vault }), pageMs: 0 });

  /** Two notices: of a player of a school, and of one nobody knows. */
  async function tell(): Promise<void> {
    const parts = { main: databases.main, ...deps() };
    const tenantId = await makeTenant({ main: databases.main, vault: vault.vault }, `s-${newId()}`);
    await addPlayer(parts, tenantId, '156');
    for (const userId of ['156', '157']) await storeNotice(parts, { eventId: newId(), userId, gameIds: [], occurredAt: new Date() });
  }
  const ended =
    (keep: (handle: WorkflowHandle) => Promise<void>, run?: RunContext) =>
    async ({ start }: Taking): Promise<void> => {
      const handle = await start(run);
      await handle.result();
      await keep(handle);
    };

  const ways: Readonly<Record<HistoryName, Way>> = {
    'take-roblox-erasures.2026-11.scheduled': async (keep) => {
      await tell();
      await withTaking(deps(), ended(keep));
    },
    'take-roblox-erasures.2026-11.completed': (keep) => withTaking(deps(), ended(keep, startedByStaff())),
    'take-roblox-erasures.2026-11.cancelled': async (keep) => {
      await tell();
      const begun = createGate<WorkflowHandle>();
      const around = async (name: string): Promise<void> => {
        if (name !== 'matchRobloxErasures') return;
        await cancelAndHear(await begun.opened);
        await untilCancelled();
      };
      const run = async ({ start }: Taking): Promise<void> => {
        const handle = await start();
        begun.open(handle);
        await failureOf(handle);
        await keep(handle);
      };
      await withTaking(deps(), run, around);
    },
  };
  recordMissing(ways);
}).timeout(60_000);
