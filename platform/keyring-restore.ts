import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { createGunzip } from 'node:zlib';
import { Decrypter } from 'age-encryption';
import type { Knex } from 'knex';
import { openDatabase, openKeyring } from './database.ts';
import type { SnapshotDatabase, SnapshotHead, SnapshotLine, SnapshotTable } from './keyring-snapshot.ts';
import { migrate } from './migrator.ts';

export interface RestoreOptions {
  /** A backup as it was stored. */
  readonly file: Readable;
  /** AGE-SECRET-KEY-1... */
  readonly identity: string;
  /** The new keyring's empty database, as the role that owns it. */
  readonly ownerUrl: string;
  /** The empty database of the new OpenBao; when it is not given, what the backup holds of the vault is passed over. */
  readonly vaultUrl?: string | undefined;
}
export interface Restored {
  /** Rows by table, of the vault's with `vault.` before its name. */
  readonly rows: Readonly<Record<string, number>>;
}
/** Why nothing was restored. */
export class RestoreError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'RestoreError';
  }
}

/** Whoever holds keys in memory sees another number and lets go of them, whatever it has counted since the backup. */
const generationsAhead = 1_000_000;

/**
 * Brings a backup into a new cluster: all of it, or nothing. The database may hold nothing yet; its schema is made by the migrations, which
 * must be those of the backup. Errors: RestoreError.
 */
export async function restoreKeyring({ file, identity, ownerUrl, vaultUrl }: RestoreOptions): Promise<Restored> {
  const lines = await readSnapshot(file, identity);
  const head = (await lines.next()).value as SnapshotHead | undefined;
  if (head?.format !== 'toolbox-keyring' || head.formatVersion !== 1)
    throw new RestoreError('This is no backup of a keyring that this version reads.');
  const keyring = openKeyring(ownerUrl, { poolMax: 3, statementMs: 3_600_000 });
  const vault = vaultUrl === undefined ? undefined : openDatabase(vaultUrl, { poolMax: 1, statementMs: 3_600_000 });
  try {
    await prepareSchema(keyring, head);
    return await keyring.transaction(async (ring) => {
      const into = { keyring: ring, vault: await vault?.transaction() };
      try {
        const restored = await load(lines, into);
        await ring.raw('update key_generation set generation = generation + ?', [generationsAhead]);
        await into.vault?.commit();
        return restored;
      } catch (error) {
        await into.vault?.rollback();
        throw error;
      }
    });
  } finally {
    await Promise.all([keyring.destroy(), vault?.destroy()]);
  }
}

async function readSnapshot(file: Readable, identity: string): Promise<AsyncGenerator<SnapshotLine>> {
  const decrypter = new Decrypter();
  file.on('error', () => undefined); // told by whoever reads what comes of it
  try {
    decrypter.addIdentity(identity);
    const plain = await decrypter.decrypt(Readable.toWeb(file) as globalThis.ReadableStream);
    return linesOf(Readable.fromWeb(plain as ReadableStream));
  } catch (error) {
    throw new RestoreError('This identity does not open this file.', error);
  }
}

async function* linesOf(plain: Readable): AsyncGenerator<SnapshotLine> {
  const gunzip = createGunzip();
  let failure: unknown;
  gunzip.on('error', (error) => (failure = error)); // after the last line some versions of readline end as if all had been read
  plain.on('error', (error) => gunzip.destroy(error)).pipe(gunzip);
  try {
    for await (const line of createInterface({ input: gunzip, crlfDelay: Infinity })) yield JSON.parse(line) as SnapshotLine;
  } catch (error) {
    failure = error;
  }
  if (failure !== undefined) throw new RestoreError('The file is damaged or cut off.', failure);
}

async function prepareSchema(keyring: Knex, { migrations }: SnapshotHead): Promise<void> {
  if (await keyring.schema.hasTable('subject_keys')) await refuseKeys(keyring);
  await migrate(keyring, 'keyring');
  const applied = await keyring<{ name: string }>('knex_migrations').orderBy('id').select('name');
  if (applied.map(({ name }) => name).join() !== migrations.join())
    throw new RestoreError(
      `The backup is of another version of the platform: restore it with the one whose newest migration is ${migrations.at(-1)}.`,
    );
}

const keyTables = ['subject_keys', 'index_keys', 'blind_indexes', 'payload_keys'];

/** Not even the owner sees rows of tenants, unless he lifts the wall; here in a transaction that is never committed. */
async function refuseKeys(keyring: Knex): Promise<void> {
  const trx = await keyring.transaction();
  try {
    for (const table of keyTables) {
      await trx.raw('alter table ?? no force row level security', [table]);
      if ((await trx(table).first(trx.raw('1'))) !== undefined) throw new RestoreError(`The keyring is not empty: ${table} has rows.`);
    }
  } finally {
    await trx.rollback();
  }
}

async function load(
  lines: AsyncGenerator<SnapshotLine>,
  into: Readonly<Record<SnapshotDatabase, Knex.Transaction | undefined>>,
): Promise<Restored> {
  const rows: Record<string, number> = {};
  let [at, read]: [SnapshotTable | undefined, number] = [undefined, 0];
  for await (const line of lines) {
    if ('table' in line) {
      at = line;
      await makeReady(into[at.database], at);
    } else if ('rows' in line && Array.isArray(line.rows) && at) {
      read += line.rows.length;
      const name = at.database === 'vault' ? `vault.${at.table}` : at.table;
      const trx = into[at.database];
      if (!trx) continue;
      await trx.raw('insert into ?? select * from jsonb_populate_recordset(null::??, ?::jsonb)', [
        at.table,
        at.table,
        JSON.stringify(line.rows),
      ]);
      rows[name] = (rows[name] ?? 0) + line.rows.length;
    } else if ('end' in line) {
      if (line.rows !== read) throw new RestoreError(`The backup says that it has ${line.rows} rows, and has ${read}.`);
      for (const table of keyTables) await into.keyring?.raw('alter table ?? force row level security', [table]);
      return { rows };
    }
  }
  throw new RestoreError('The backup is cut off.');
}

async function makeReady(trx: Knex.Transaction | undefined, { database, table, make = [] }: SnapshotTable): Promise<void> {
  if (!trx) return;
  if (database === 'keyring') {
    if (keyTables.includes(table)) await trx.raw('alter table ?? no force row level security', [table]);
    else await trx(table).delete(); // what a migration wrote into it
    return;
  }
  if (!(await trx.schema.hasTable(table))) {
    for (const statement of make) await trx.raw(statement.replaceAll('?', '\\?'));
  } else if ((await trx(table).first(trx.raw('1'))) !== undefined)
    throw new RestoreError(`The vault's database is not empty: ${table} has rows.`);
}
