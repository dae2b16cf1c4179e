import { createReadStream, readFileSync } from 'node:fs';
import { Command } from 'commander';
import { ConfigurationError, readRestoreConfig } from '../platform/config/tools.ts';
import { RestoreError, restoreKeyring } from '../platform/keyring-restore.ts';

const program = new Command('keyring:restore')
  .description(
    'Restores a backup of the keyring into a new, empty cluster: all of it, or nothing. docs/runbooks/keyring.md says when and how.',
  )
  .argument('<file>', 'the backup as it lies in the bucket keyring-backups')
  .requiredOption('--identity <file>', 'the age identity that opens it')
  .addHelpText(
    'after',
    '\nEnvironment:\n  KEYRING_OWNER_URL      the new keyring, as its owner\n  BAO_PG_CONNECTION_URL  the database of the new OpenBao, which must not have run yet; not set, its state is passed over',
  );

const identityIn = (path: string): string => {
  const found = readFileSync(path, 'utf8')
    .split('\n')
    .find((line) => line.startsWith('AGE-SECRET-KEY-'));
  if (!found) throw new RestoreError(`${path} holds no identity of age (AGE-SECRET-KEY-...).`);
  return found.trim();
};

async function main(): Promise<void> {
  program.parse();
  const [path = ''] = program.args;
  const identity = identityIn(program.opts<{ identity: string }>().identity);
  const { rows } = await restoreKeyring({ file: createReadStream(path), identity, ...readRestoreConfig() });
  for (const [table, count] of Object.entries(rows)) console.log(`${String(count).padStart(9)}  ${table}`);
  console.log('Restored. Start OpenBao with the seal key of the old one, and the API and the workers anew.');
}

try {
  await main();
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!(error instanceof ConfigurationError || error instanceof RestoreError || code === 'ENOENT' || code === 'EACCES')) throw error;
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
