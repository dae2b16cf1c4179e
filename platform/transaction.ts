import type { Knex } from 'knex';

/** A statement as the driver takes it. With a name the server keeps its plan for the connection. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly name?: string;
}
interface Result {
  readonly command: string;
  readonly rows: unknown[];
}
/** A connection of knex's pool. A reason left in `__knex__disposed` makes the pool throw it away instead of lending it again. */
interface Connection {
  __knex__disposed?: unknown;
  query(statement: string | Statement, done: (error: Error | null, result: Result) => void): void;
  /** The driver's own connection, with its socket. */
  readonly connection: { readonly stream: { cork(): void; uncork(): void } };
}
/** What is used of knex's client: its pool, and how it speaks to a connection. */
interface Driver {
  readonly connectionSettings: { readonly pipeline?: boolean };
  acquireConnection(): Promise<Connection>;
  releaseConnection(connection: Connection): Promise<void>;
  query(connection: Connection, statement: string | object): Promise<unknown>;
}
export type Work<T> = (trx: Knex.Transaction) => Promise<T>;

const rollbackMs = 5_000;

/** Asks the driver itself: knex's way there copies each statement five times, and quotes its values in the errors. */
const ask = (connection: Connection, statement: string | Statement): Promise<Result> =>
  new Promise((resolve, reject) => connection.query(statement, (error, result) => (error ? reject(error) : resolve(result))));

/**
 * Runs `work` between `begin` and COMMIT on one connection; rolls back when it throws. Knex's own transactions make a whole knex each,
 * with a hundred methods and a dozen listeners: a third of what a small request costs.
 */
export async function transact<T>(database: Knex, begin: string, work: Work<T>): Promise<T> {
  const driver = database.client as Driver;
  const connection = await driver.acquireConnection();
  try {
    await ask(connection, begin);
    const { trx, close } = transactor(database, connection);
    const result = await work(trx).finally(close).catch(rollBack(connection));
    const { command } = await ask(connection, 'COMMIT');
    // A statement had failed, and whoever asked did not mind: PostgreSQL does, and says so by this word alone.
    if (command !== 'COMMIT') throw new Error('The transaction had failed, so that it was not committed.');
    return result;
  } finally {
    await driver.releaseConnection(connection);
  }
}

/**
 * Runs statements in one transaction, sent in one packet where the database is a pipeline: a single round trip. Answers the rows of each.
 * When one fails, nothing is committed and its error is thrown.
 */
export async function transactAtOnce(database: Knex, begin: string, statements: readonly Statement[]): Promise<(readonly unknown[])[]> {
  const driver = database.client as Driver;
  if (!driver.connectionSettings.pipeline) {
    return await transact(database, begin, async (trx) => {
      const rows: (readonly unknown[])[] = [];
      for (const statement of statements) rows.push(await runStatement(trx, statement));
      return rows;
    });
  }
  const connection = await driver.acquireConnection();
  const { stream } = connection.connection;
  stream.cork();
  const asked = [begin, ...statements, 'COMMIT'].map((each) => ask(connection, each));
  stream.uncork();
  const answers = await Promise.allSettled(asked).finally(() => void driver.releaseConnection(connection));
  // What follows a failed statement is refused, and its COMMIT rolls back: the first error is the reason.
  return answers
    .map((answer) => {
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value.rows;
    })
    .slice(1, -1);
}

const rollBack =
  (connection: Connection) =>
  async (reason: unknown): Promise<never> => {
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error('The database did not roll back in time.')), rollbackMs).unref();
    });
    await Promise.race([ask(connection, 'ROLLBACK'), late]).catch((error: unknown) => (connection.__knex__disposed = error));
    throw reason;
  };

/** A transaction that reads, begun together with its first statement. */
export interface OpenRead<Row> {
  /** What the first statement answered. */
  readonly rows: readonly Row[];
  readonly trx: Knex.Transaction;
  /** Ends it. Nobody waits for the answer: there is nothing to be kept. */
  end(): void;
}

/** Sends `begin` and a statement in one packet, and leaves the transaction open. Whoever opens it ends it, whatever happens. */
export async function openRead<Row>(database: Knex, begin: string, statement: Statement): Promise<OpenRead<Row>> {
  const { take, keep } = lingeringOf(database);
  const lingering = take();
  const driver = database.client as Driver;
  const connection = lingering ?? (await driver.acquireConnection());
  const { stream } = connection.connection;
  stream.cork();
  const begun = ask(connection, lingering ? `COMMIT; ${begin}` : begin);
  const first = ask(connection, statement);
  stream.uncork();
  try {
    const [, { rows }] = await Promise.all([begun, first]);
    const { trx, close } = transactor(database, connection);
    const end = (): void => {
      close();
      keep(connection);
    };
    return { rows: rows as Row[], trx, end };
  } catch (error) {
    return await rollBack(connection)(error).finally(() => void driver.releaseConnection(connection));
  }
}

const lingerMs = 2;
interface Lingering {
  take(): Connection | undefined;
  keep(connection: Connection): void;
}
const lingering = new WeakMap<Knex, Lingering>();

/**
 * Connections whose reads are over: the COMMIT goes out with the next read's BEGIN, and by itself when none comes at once. While many are
 * reading that saves each of them a packet there and one back.
 */
function lingeringOf(database: Knex): Lingering {
  const known = lingering.get(database);
  if (known) return known;
  const driver = database.client as Driver;
  const kept: Connection[] = [];
  const letGo = (): void => {
    for (const connection of kept.splice(0))
      void ask(connection, 'COMMIT')
        .catch((error: unknown) => (connection.__knex__disposed = error))
        .finally(() => void driver.releaseConnection(connection));
  };
  const made: Lingering = {
    take: () => kept.pop(),
    keep: (connection) => {
      if (kept.push(connection) === 1) setTimeout(letGo, lingerMs);
    },
  };
  lingering.set(database, made);
  return made;
}

/** Runs a statement in a transaction. Answers its rows. */
export async function runStatement<Row = unknown>(trx: Knex.Transaction, statement: Statement): Promise<readonly Row[]> {
  if (trx.isCompleted()) throw new Error(over);
  const { rows } = await ask(await (trx.client as Driver).acquireConnection(), statement);
  return rows as Row[];
}
const over = 'The transaction is over: it takes no more statements.';

/** A knex that has one connection, until it is closed: the pool's own with the few things changed that a transaction has otherwise. */
function transactor(database: Knex, connection: Connection): { trx: Knex.Transaction; close(): void } {
  const driver = database.client as Driver;
  let closed = false;
  const client = Object.assign(Object.create(database.client) as Driver & { queryBuilder(): { table: (...names: unknown[]) => unknown } }, {
    transacting: true,
    acquireConnection: async () => connection,
    releaseConnection: async () => undefined,
    query(of: Connection, statement: string | object) {
      if (closed) return Promise.reject(new Error(over));
      return driver.query.call(client, of, statement);
    },
    stream: () => Promise.reject(new Error('Rows of a transaction are not streamed.')),
  });
  const trx = ((...names: unknown[]) => client.queryBuilder().table(...names)) as unknown as Knex.Transaction & { context: object };
  Object.setPrototypeOf(trx, database);
  const savepoint = async <T>(work: Work<T>): Promise<T> => {
    await ask(connection, 'SAVEPOINT inner_work');
    const result = await work(trx).catch(async (reason: unknown) => {
      await ask(connection, 'ROLLBACK TO SAVEPOINT inner_work');
      throw reason;
    });
    await ask(connection, 'RELEASE SAVEPOINT inner_work');
    return result;
  };
  const context = Object.create((database as unknown as { context: object }).context) as object;
  Object.defineProperty(trx, 'context', { value: Object.assign(context, { client, transaction: savepoint }) });
  Object.defineProperty(trx, 'isTransaction', { value: true });
  Object.defineProperty(trx, 'isCompleted', { value: () => closed });
  return { trx, close: () => void (closed = true) };
}
