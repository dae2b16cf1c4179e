import type { WorkflowHandle } from '@temporalio/client';
import { platformTenantId } from '../../../domain/roles.ts';
import { useDatabases } from '../../support/database.ts';
import { runAlone } from './alone.ts';
import { backupActivities } from './backing-up.ts';
import { createGate, type HistoryName, recordMissing, type Way } from './recording.ts';
import { cancelAndHear, failureOf } from './runs.ts';
import { runContext, untilCancelled } from './world.ts';

/** `npm run record-history` records the ways of back-up-keyring that have no history. */
describe('histories of back-up-keyring', () => {
  const databases = useDatabases();
  const workflow = 'backUpKeyring';
  const byStaff = () => ({ ...runContext(), tenantId: platformTenantId });
  const scheduled = { tenantId: platformTenantId, startedBy: platformTenantId, scheduled: { process: 'back-up-keyring' } };
  const completed =
    (run: () => Parameters<typeof runAlone>[0]['run']): Way =>
    (keep) =>
      runAlone({ databases, workflow, activities: backupActivities(databases), run: run() }, async (handle) => {
        await handle.result();
        await keep(handle);
      });

  const ways: Readonly<Record<HistoryName, Way>> = {
    'back-up-keyring.2026-11.completed': completed(byStaff),
    'back-up-keyring.2026-11.scheduled': completed(() => scheduled),
    'back-up-keyring.2026-11.cancelled': async (keep) => {
      const begun = createGate<WorkflowHandle>();
      const around = async (name: string): Promise<void> => {
        if (name !== 'backUpKeyring') return;
        await cancelAndHear(await begun.opened);
        await untilCancelled();
      };
      await runAlone({ databases, workflow, activities: backupActivities(databases), run: byStaff(), around }, async (handle) => {
        begun.open(handle);
        await failureOf(handle);
        await keep(handle);
      });
    },
  };
  recordMissing(ways);
}).timeout(60_000);
