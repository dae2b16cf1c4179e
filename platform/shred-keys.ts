import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { KeyringKeepsWalError, UnavailableError } from '../domain/errors.ts';

/** That no file of the keyring cluster holds what was deleted before the shredding began. */
export interface ShredReceipt {
  /** Which shredding of the keyring it was: several callers may be served by one. */
  readonly ordinal: number;
  /** When it was done, RFC 3339, by the keyring's clock. */
  readonly at: string;
  /** How often WAL was switched and a checkpoint made. */
  readonly rounds: number;
  /** The WAL up to here is gone. */
  readonly lsn: string;
  readonly tables: readonly string[];
}
export interface ShredderOptions {
  /** Of the keyring's database, as the role keyring_shredder. */
  readonly url: string;
  /** How long older transactions, and those who hold the lock, are waited for; default: 2 minutes. */
  readonly patienceMs?: number;
}
export type Shredder = ReturnType<typeof createShredder>;

const tables = ['blind_indexes', 'subject_keys', 'index_keys', 'payload_keys'];
/** A cluster of default settings that kept its WAL for its next use needs some 60. */
const mostRounds = 200;
const againMs = 100;
const statementMs = 600_000;
/** Who waits for a table makes all wait that come after him: rather begin again than hold everybody up behind a long reader. */
const lockMs = 3_000;

type Ask = <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

/**
 * Takes what was deleted from the keyring out of its files: tables written anew, WAL switched and checkpoints made until no file is
 * older. Any number of deletions cost one shredding: who calls while one runs shares the next, in this process and over all of them.
 */
export function createShredder({ url, patienceMs = 120_000 }: ShredderOptions) {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<ShredReceipt> | undefined;

  const shred = (): Promise<ShredReceipt> => connected(url, (ask) => shredOnce(ask, patienceMs));
  return {
    /**
     * Resolves when nothing deleted before the call is in a live file. Errors: UnavailableError when the keyring is away, or is read by a
     * transaction, or keeps WAL for a replica, for longer than the patience; KeyringKeepsWalError when it archives its WAL.
     */
    shred(): Promise<ShredReceipt> {
      next ??= running.then(() => {
        next = undefined; // whoever calls from here on may have deleted too late for this one
        const begun = shred();
        running = begun.catch(() => undefined);
        return begun;
      });
      return next;
    },
  };
}

async function connected<T>(url: string, work: (ask: Ask) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'toolbox-shredder',
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementMs,
    lock_timeout: lockMs,
    keepAlive: true,
  });
  client.on('error', () => undefined); // the statement under way fails by it
  try {
    await client.connect();
    return await work(async (sql, values = []) => (await client.query(sql, [...values])).rows as never);
  } catch (error) {
    if (error instanceof UnavailableError || error instanceof KeyringKeepsWalError) throw error;
    throw new UnavailableError('keyring', 5, error);
  } finally {
    await client.end().catch(() => undefined); // it was cut
  }
}

async function shredOnce(ask: Ask, patienceMs: number): Promise<ShredReceipt> {
  const until = Date.now() + patienceMs;
  await refuseArchive(ask);
  const [begun] = await ask<{ ordinal: string }>('select coalesce(max(ordinal), 0) as ordinal from key_shreddings');
  // Tried again and again: who waits in a statement holds a snapshot, and dead rows would be kept for it.
  await waitFor('another shredding', until, async () => {
    const [lock] = await ask<{ held: boolean }>(`select pg_try_advisory_lock(hashtext('toolbox.keyring.files')) as held`);
    return lock?.held === true;
  });
  const [done] = await ask<Done>(
    `select ${doneColumns} from key_shreddings where ordinal > $1 and ended_at is not null order by ordinal desc limit 1`,
    [begun?.ordinal],
  );
  if (done) return receiptOf(done);
  const [own] = await ask<{ ordinal: string; xid: string }>(
    'insert into key_shreddings default values returning ordinal, xmin::text as xid',
  );
  await waitFor('an older transaction', until, async () => (await ask(olderThan, [own?.xid])).length === 0);
  await ask('select rewrite_key_tables()');
  const [at] = await ask<{ lsn: string }>('select pg_current_wal_insert_lsn() as lsn');
  const rounds = await dropWal(ask, String(at?.lsn));
  const [ended] = await ask<Done>(
    `update key_shreddings set ended_at = clock_timestamp(), rounds = $2, lsn = $3 where ordinal = $1 returning ${doneColumns}`,
    [own?.ordinal, rounds, at?.lsn],
  );
  if (!ended) throw new Error('A shredding is nowhere noted.');
  return receiptOf(ended);
}

const doneColumns = 'ordinal, ended_at, rounds, lsn';
interface Done {
  readonly ordinal: string;
  readonly ended_at: Date;
  readonly rounds: number;
  readonly lsn: string;
}
const receiptOf = ({ ordinal, ended_at, rounds, lsn }: Done): ShredReceipt => ({
  ordinal: Number(ordinal),
  at: ended_at.toISOString(),
  rounds,
  lsn,
  tables,
});

/** For these, rows deleted before the transaction $1 would be kept as they are when their table is written anew. */
const olderThan = `
  select from pg_stat_activity where pid <> pg_backend_pid() and (datname = current_database() or backend_type = 'walsender')
    and greatest(age(backend_xmin), age(backend_xid)) > age($1::xid)
  union all select from pg_prepared_xacts where database = current_database() and age(transaction) > age($1::xid)
  union all select from pg_replication_slots where age(xmin) > age($1::xid)`;

/** Where archived WAL goes nobody follows it: what is destroyed here would live on there. */
async function refuseArchive(ask: Ask): Promise<void> {
  const [mode] = await ask<{ archives: boolean }>(`select current_setting('archive_mode') <> 'off' as archives`);
  if (mode?.archives) throw new KeyringKeepsWalError();
}

/**
 * Until no file of WAL holds anything written before `lsn`. Those that are older go with the next checkpoint, or are renamed for their
 * next use with all that is in them: so everything that lies ahead when the last of them is gone is written over, too.
 */
async function dropWal(ask: Ask, lsn: string): Promise<number> {
  const segments = `select substr(name, 9) as segment from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$'`;
  let ahead: string | undefined;
  for (let rounds = 1; rounds <= mostRounds; rounds += 1) {
    await ask('select pg_switch_wal()');
    await ask('checkpoint');
    const [at] = await ask<{ present: string; past: string }>(
      'select substr(pg_walfile_name(pg_current_wal_insert_lsn()), 9) as present, substr(pg_walfile_name($1::pg_lsn), 9) as past',
      [lsn],
    );
    const files = (await ask<{ segment: string }>(segments)).map(({ segment }) => segment).sort();
    if (!at || files.some((segment) => segment <= at.past)) continue;
    ahead ??= files.at(-1) ?? at.present;
    if (at.present > ahead) return rounds;
  }
  throw new UnavailableError('keyring', 60, new Error('A replica, a replication slot or wal_keep_size keeps old WAL.'));
}

async function waitFor(what: string, until: number, isDone: () => Promise<boolean>): Promise<void> {
  while (!(await isDone())) {
    if (Date.now() > until) throw new UnavailableError('keyring', 30, new Error(`${what} goes on`));
    await sleep(againMs);
  }
}
