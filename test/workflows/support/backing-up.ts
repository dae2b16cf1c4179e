import { createKeyringBackupActivities } from '../../../activities/keyring-backups.ts';
import { createKeyringBackups } from '../../../platform/keyring-backups.ts';
import { createStorage } from '../../../platform/storage.ts';
import { backupRecipient } from '../../support/backup-recipient.ts';
import type { Databases } from '../../support/database.ts';
import { servers } from '../../support/servers.ts';

/** The activities of back-up-keyring on real stores. */
export const backupActivities = ({ main: knex, urls }: Databases) =>
  createKeyringBackupActivities({
    knex,
    keyringBackups: createKeyringBackups({
      knex,
      storage: createStorage(servers().s3),
      source: { url: urls.keyringBackup, recipient: backupRecipient, retentionDays: 7 },
    }),
  });
