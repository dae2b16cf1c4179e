import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { type Home, writePrivateFile } from './home.ts';

/**
 * To whom the demo seals backups of its keyring: the identity lies in this home, readable by its owner only, so that the demo can be
 * restored. A real one is made elsewhere, and never comes near (KEYRING_BACKUP_RECIPIENT).
 */
export async function demoBackupRecipient(home: Home): Promise<string> {
  const file = join(home.dir, 'keyring-backup.identity');
  if (!existsSync(file)) writePrivateFile(file, `${await generateX25519Identity()}\n`);
  return await identityToRecipient(readFileSync(file, 'utf8').trim());
}
