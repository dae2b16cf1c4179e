import type { WorkflowHandle } from '@temporalio/client';
import { platformTenantId } from '../../../domain/roles.ts';
import { newId } from '../../../platform/ids.ts';
import { createKeyring } from '../../../platform/keyring.ts';
import { useDatabases } from '../../support/database.ts';
import { makeTenant } from '../../support/school.ts';
import { useVault } from '../../support/vault.ts';
import { runAlone } from './alone.ts';
import { createGate, type HistoryName, recordMissing, type Way } from './recording.ts';
import { rotationActivities } from './rotating.ts';
import { cancelAndHear, failureOf } from './runs.ts';
import { runContext, untilCancelled } from './world.ts';

/** `npm run record-history` records the ways of rotate-tenant-key that have no history. */
describe('histories of rotate-tenant-key', () => {
  const databases = useDatabases();
  const test = useVault();
  let made = 0;
  const alone = async () => {
    const tenantId = await makeTenant({ main: databases.main, vault: test.vault }, `recorded-${(made += 1)}`);
    await createKeyring({ knex: databases.keyring, vault: test.vault }).createSubjectKeys(tenantId, [newId(), newId()]);
    const run = { ...runContext(), tenantId: platformTenantId };
    return { databases, workflow: 'rotateTenantKey', activities: rotationActivities(databases, test), run, input: { tenantId } };
  };
  const cancelledIn =
    (activity: string): Way =>
    async (keep) => {
      const begun = createGate<WorkflowHandle>();
      const around = async (name: string): Promise<void> => {
        if (name !== activity) return;
        await cancelAndHear(await begun.opened);
        await untilCancelled();
      };
      await runAlone({ ...(await alone()), around }, async (handle) => {
        begun.open(handle);
        await failureOf(handle);
        await keep(handle);
      });
    };

  const ways: Readonly<Record<HistoryName, Way>> = {
    'rotate-tenant-key.2026-11.completed': async (keep) =>
      runAlone(await alone(), async (handle) => {
        await handle.result();
        await keep(handle);
      }),
    'rotate-tenant-key.2026-11.cancelled': cancelledIn('rewrapTenantKeys'),
  };
  recordMissing(ways);
}).timeout(60_000);
