import { platformTenantId } from '../../../domain/roles.ts';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { keyringBackupBucket } from '../../../platform/keyring-backups.ts';
import { createStorage } from '../../../platform/storage.ts';
import { servers } from '../../support/servers.ts';
import type { World } from '../support/world.ts';

export default {
  'a keyring with a backup that is past its time': {
    async input({ databases }) {
      const [id, expires_at] = [newId(), new Date(Date.now() - 60_000)];
      const object_key = `${expires_at.toISOString()}_${id}.age`;
      const storage = createStorage(servers().s3);
      await storage.ensureBucket(keyringBackupBucket);
      await storage.put(keyringBackupBucket, object_key, Buffer.from('old'));
      const row = { id, tenant_id: platformTenantId, object_key, taken_at: new Date(0), expires_at, stored_at: new Date(0) };
      await inTenant(databases.main, platformTenantId, (trx) => trx('keyring_backups').insert(row));
      return {};
    },
    // An erasure waits for backups that may hold the keys.
    async tidy({ databases }) {
      const gone = { removed_at: new Date() };
      await inTenant(databases.main, platformTenantId, (trx) => trx('keyring_backups').whereNull('removed_at').update(gone));
    },
    // What is sealed is never the same twice; what the one that was killed had removed is not counted.
    vague: [
      /"(sha256|object_key)": "[^"]+"/g,
      /"(size_bytes|sizeBytes)": \d+/g,
      /\b\d+ bytes\b/g,
      /\d+ removed/g,
      /"removed": \[[^\]]*\]/g,
    ],
  },
} satisfies World;
