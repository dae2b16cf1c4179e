import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { UnavailableError } from '../domain/errors.ts';

export interface SnapshotOptions {
  /** Of the keyring's database, as a role that may read all of it past row security (keyring_backup). */
  readonly url: string;
  /** The database of the same cluster in which OpenBao keeps its state; none when it is elsewhere, and backed up there. */
  readonly vaultDatabase?: string | undefined;
}
export type SnapshotDatabase = 'keyring' | 'vault';
/** A snapshot is lines of JSON: this one, tables with their rows, an end that counts them. What was cut off has no end. */
export interface SnapshotHead {
  readonly format: 'toolbox-keyring';
  readonly formatVersion: 1;
  /** The schema it fits. */
  readonly migrations: readonly string[];
}
export interface SnapshotTable {
  readonly database: SnapshotDatabase;
  readonly table: string;
  /** What makes the table, of the vault's: the keyring's come from migrations. */
  readonly make?: readonly string[];
}
export interface SnapshotRows {
  readonly rows: readonly object[];
}
export interface SnapshotEnd {
  readonly end: true;
  readonly rows: number;
}
export type SnapshotLine = SnapshotHead | SnapshotTable | SnapshotRows | SnapshotEnd;

const rowsAtOnce = 1_000;
const lockPatienceMs = 300_000;
/** Of the schema's own history and of the files' own: they are made anew where it is restored. */
const passedOver = ['knex_migrations', 'knex_migrations_lock', 'key_shreddings'];

/** The keyring's clock, by which what is in a snapshot and what was destroyed before it are told apart. */
export const keyringTime = (url: string): Promise<Date> =>
  connected(url, async (client) => {
    const { rows } = await client.query<{ now: Date }>('select clock_timestamp() as now');
    return rows[0]?.now ?? Promise.reject(new UnavailableError('keyring'));
  });

/**
 * All that the keyring's cluster knows, row by row: first the keys, as they were at one moment, then OpenBao's state at a later one, so that
 * every key that wraps one of them is in it. Nothing is shredded meanwhile: who writes tables anew would wait for whoever reads them, and
 * everybody else for him. Errors: UnavailableError, when the keyring is away or shreds for longer than five minutes.
 */
export async function* snapshotLines({ url, vaultDatabase }: SnapshotOptions): AsyncGenerator<SnapshotLine> {
  const client = await open(url);
  try {
    await shareFiles(client);
    await begin(client);
    const migrations = await client.query<{ name: string }>('select name from knex_migrations order by id');
    yield { format: 'toolbox-keyring', formatVersion: 1, migrations: migrations.rows.map(({ name }) => name) };
    let rows = 0;
    const counted = async function* (from: AsyncIterable<SnapshotTable | SnapshotRows>): AsyncGenerator<SnapshotLine> {
      for await (const line of from) {
        if ('rows' in line) rows += line.rows.length;
        yield line;
      }
    };
    yield* counted(tablesOf(client, 'keyring'));
    if (vaultDatabase !== undefined) yield* counted(tablesOfVault(url, vaultDatabase));
    yield { end: true, rows };
  } catch (error) {
    throw asUnavailable(error);
  } finally {
    await close(client);
  }
}

/** A role that row security holds for would see nothing, and say nothing of it: so it is an error. */
const begin = (client: pg.Client): Promise<unknown> =>
  client.query('begin isolation level repeatable read read only; set local row_security = off');

async function* tablesOfVault(url: string, database: string): AsyncGenerator<SnapshotTable | SnapshotRows> {
  const its = new URL(url);
  its.pathname = `/${database}`;
  const client = await open(its.href);
  try {
    await begin(client);
    yield* tablesOf(client, 'vault');
  } finally {
    await close(client);
  }
}

async function* tablesOf(client: pg.Client, database: SnapshotDatabase): AsyncGenerator<SnapshotTable | SnapshotRows> {
  const { rows: tables } = await client.query<{ name: string; make: string[] }>(tablesSql, [passedOver]);
  for (const { name, make } of tables) {
    yield { database, table: name, ...(database === 'vault' ? { make } : {}) };
    await client.query(`declare snapshot no scroll cursor for select to_jsonb(whole) as row from ${pg.escapeIdentifier(name)} as whole`);
    for (;;) {
      const { rows } = await client.query<{ row: object }>(`fetch ${rowsAtOnce} from snapshot`);
      if (rows.length === 0) break;
      yield { rows: rows.map(({ row }) => row) };
    }
    await client.query('close snapshot');
  }
}

/** Tables, and the statements that make each: columns first, then its constraints, then its other indexes. */
const tablesSql = `
  select relname as name, array[
      (select format('create table if not exists %I (%s)', relname, string_agg(format('%I %s%s%s', attname, format_type(atttypid, atttypmod),
          case when attcollation not in (0, 100) then format(' collate %I', collname) else '' end, case when attnotnull then ' not null' else '' end), ', ' order by attnum))
        from pg_attribute left join pg_collation on pg_collation.oid = attcollation where attrelid = pg_class.oid and attnum > 0 and not attisdropped)
    ] || array(select format('alter table %I add constraint %I %s', relname, conname, pg_get_constraintdef(oid)) from pg_constraint where conrelid = pg_class.oid)
      || array(select pg_get_indexdef(indexrelid) from pg_index where indrelid = pg_class.oid and not exists (select from pg_constraint where conindid = indexrelid)) as make
  from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> all ($1) order by relname`;

/** Held until the connection ends; platform/shred-keys.ts holds it alone. */
async function shareFiles(client: pg.Client): Promise<void> {
  const until = Date.now() + lockPatienceMs;
  for (;;) {
    const { rows } = await client.query<{ held: boolean }>(`select pg_try_advisory_lock_shared(hashtext('toolbox.keyring.files')) as held`);
    if (rows[0]?.held) return;
    if (Date.now() > until) throw new Error('A shredding goes on.');
    await sleep(200);
  }
}

async function open(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'toolbox-keyring-backup',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    statement_timeout: 120_000,
  });
  client.on('error', () => undefined); // the statement under way fails by it
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw asUnavailable(error);
  }
}
const close = (client: pg.Client): Promise<void> => client.end().catch(() => undefined); // it was cut

async function connected<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await open(url);
  try {
    return await work(client);
  } catch (error) {
    throw asUnavailable(error);
  } finally {
    await close(client);
  }
}
const asUnavailable = (error: unknown): UnavailableError =>
  error instanceof UnavailableError ? error : new UnavailableError('keyring', 5, error);
