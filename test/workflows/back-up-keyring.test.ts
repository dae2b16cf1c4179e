import assert from 'node:assert/strict';
import { platformTenantId } from '../../domain/roles.ts';
import { inTenant } from '../../platform/database.ts';
import { keyringBackupBucket } from '../../platform/keyring-backups.ts';
import { KeyringBackup } from '../../platform/models/keyring-backup.ts';
import { createStorage } from '../../platform/storage.ts';
import type { BackUpKeyringResult } from '../../workflows/back-up-keyring.messages.ts';
import { useDatabases } from '../support/database.ts';
import { servers } from '../support/servers.ts';
import { runAlone } from './support/alone.ts';
import { backupActivities } from './support/backing-up.ts';
import { createGate } from './support/recording.ts';
import { cancelAndHear, failureOf, stepsOf } from './support/runs.ts';
import { runContext, untilCancelled } from './support/world.ts';

describe('backUpKeyring', function () {
  this.timeout(60_000);
  const databases = useDatabases();
  const scheduled = { tenantId: platformTenantId, startedBy: platformTenantId, scheduled: { process: 'back-up-keyring' } };
  const workflow = 'backUpKeyring';
  const rows = (): Promise<KeyringBackup[]> =>
    inTenant(databases.main, platformTenantId, async (trx) => KeyringBackup.query(trx).orderBy('id'));

  it('stores one, under the id of its run, when its schedule starts it', async () => {
    await runAlone({ databases, workflow, activities: backupActivities(databases), run: scheduled }, async (handle) => {
      const { backup, removed } = (await handle.result()) as BackUpKeyringResult;
      assert.deepEqual(await stepsOf(handle), { 'remove-expired': 'done', 'back-up': 'done' });
      const [row] = await rows();
      assert.deepEqual([row?.id, row?.sha256, removed], [backup.id, backup.sha256, []]);
      assert.equal(await createStorage(servers().s3).size(keyringBackupBucket, String(row?.object_key)), backup.sizeBytes);
    });
  });

  it('takes it once though it is tried twice', async () => {
    const real = backupActivities(databases);
    let tries = 0;
    const activities = {
      ...real,
      async backUpKeyring(input: Parameters<typeof real.backUpKeyring>[0]) {
        const taken = await real.backUpKeyring(input);
        if ((tries += 1) === 1) throw new Error('the answer was lost');
        return taken;
      },
    };
    const before = (await rows()).length;
    await runAlone({ databases, workflow, activities, run: { ...runContext(), tenantId: platformTenantId } }, (handle) => handle.result());
    assert.deepEqual([tries, (await rows()).length - before], [2, 1]);
  });

  it('leaves a row to be removed in its time when it is cancelled on the way', async () => {
    const begun = createGate<Parameters<typeof cancelAndHear>[0]>();
    const around = async (name: string): Promise<void> => {
      if (name !== 'backUpKeyring') return;
      await cancelAndHear(await begun.opened);
      await untilCancelled();
    };
    const run = { ...runContext(), tenantId: platformTenantId };
    await runAlone({ databases, workflow, activities: backupActivities(databases), run, around }, async (handle) => {
      begun.open(handle);
      await failureOf(handle);
      assert.deepEqual(await stepsOf(handle), { 'remove-expired': 'done', 'back-up': 'failed' });
    });
  });
});
