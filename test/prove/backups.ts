import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Decrypter } from 'age-encryption';
import type { StackDescription } from '../../stack/description.ts';
import type { Home } from '../../stack/home.ts';
import { filesBelow } from './files.ts';
import { everyObject, inflated, type View } from './views.ts';

const run = promisify(execFile);
const largest = 1024 ** 3;
/** Where backups of the main database lie, below the home. */
export const backupFolder = 'backups';
const magic = 'PGDMP';

async function program(name: string, args: readonly string[]): Promise<Buffer> {
  try {
    return (await run(name, args, { encoding: 'buffer', maxBuffer: largest })).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(`${name} is missing: \`apt install postgresql-client\`.`, { cause: error });
  }
}

/** Throws when the programs that back up and restore are missing. */
export async function needPostgresPrograms(): Promise<void> {
  for (const name of ['pg_dump', 'pg_restore']) await program(name, ['--version']);
}

/** Backs up a database, compressed, as whoever runs the platform would. */
export async function backUpDatabase({ dir }: Pick<Home, 'dir'>, url: string, name: string): Promise<void> {
  const folder = join(dir, backupFolder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await program('pg_dump', ['--format=custom', '--compress=6', `--file=${join(folder, name)}`, url]);
}

/** What a file of the folder says once it is unpacked: SQL of a database's backup. */
async function unpacked(file: string): Promise<Buffer | undefined> {
  const bytes = readFileSync(file);
  return bytes.subarray(0, magic.length).toString('latin1') === magic ? program('pg_restore', ['--file=-', file]) : inflated(bytes);
}

/** Every backup of the main database, unpacked. */
export async function* databaseBackups({ dir }: Pick<Home, 'dir'>): AsyncGenerator<Buffer> {
  const folder = join(dir, backupFolder);
  for (const file of filesBelow(folder)) {
    const plain = await unpacked(file);
    if (plain) yield plain;
  }
}

/** Every backup of the keyring, opened by the identity it is sealed to, which no host of a real platform has. */
export async function* keyringBackups({ dir }: Pick<Home, 'dir'>, s3: StackDescription['s3']): AsyncGenerator<Buffer> {
  const identity = readFileSync(join(dir, 'keyring-backup.identity'), 'utf8').trim();
  for await (const { bucket, bytes } of everyObject(s3)) {
    if (bucket !== 'keyring-backups') continue;
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    yield gunzipSync(await decrypter.decrypt(bytes));
  }
}

/** Backups of both clusters, each as it is when it has been restored. */
export const backupsOf = (home: Pick<Home, 'dir'>, s3: StackDescription['s3']): View =>
  async function* () {
    yield* databaseBackups(home);
    yield* keyringBackups(home, s3);
  };
