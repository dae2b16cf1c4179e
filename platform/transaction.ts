import type { Knex } from 'knex';

/** A connection of knex's pool. A reason left in `__knex__disposed` makes the pool throw it away instead of lending it again. */
interface Connection {
  __knex__disposed?: unknown;
  /** The driver's own connection, with its socket. */
  readonly connection: { readonly stream: { cork(): void; uncork(): void } };
}
/** A statement as knex's client takes it: `?` for each binding; a name makes the server keep its plan for the connection. */
export interface Statement {
  readonly sql: string;
  readonly bindings: readonly unknown[];
  readonly name?: string;
}
/** What is used of knex's client: its pool, and how it speaks to a connection. */
interface Driver {
  acquireConnection(): Promise<Connection>;
  releaseConnection(connection: Connection): Promise<void>;
  query(connection: Connection, statement: string | object): Promise<{ readonly response: { command: string; rows: unknown[] } }>;
}
export type Work<T> = (trx: Knex.Transaction) => Promise<T>;

const rollbackMs = 5_000;

/**
 * Runs `work` between `begin` and COMMIT on one connection; rolls back when it throws. Knex's own transactions make a whole knex each,
 * with a hundred methods and a dozen listeners: a third of what a small request costs.
 */
export async function transact<T>(database: Knex, begin: string, work: Work<T>): Promise<T> {
  const driver = database.client as Driver;
  const connection = await driver.acquireConnection();
  try {
    await driver.query(connection, begin);
    const { trx, close } = transactor(database, connection);
    const result = await work(trx).finally(close).catch(rollBack(driver, connection));
    const { response } = await driver.query(connection, 'COMMIT;');
    // A statement had failed, and whoever asked did not mind: PostgreSQL does, and says so by this word alone.
    if (response.command !== 'COMMIT') throw new Error('The transaction had failed, so that it was not committed.');
    return result;
  } finally {
    await driver.releaseConnection(connection);
  }
}

const rollBack =
  (driver: Driver, connection: Connection) =>
  async (reason: unknown): Promise<never> => {
    const late = new Promise<never>((_, reject) => {
      setTimeout(() => reject(new Error('The database did not roll back in time.')), rollbackMs).unref();
    });
    await Promise.race([driver.query(connection, 'ROLLBACK'), late]).catch((error: unknown) => (connection.__knex__disposed = error));
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
export async function openRead<Row>(database: Knex, begin: string, { name, ...statement }: Statement): Promise<OpenRead<Row>> {
  const driver = database.client as Driver;
  const connection = await driver.acquireConnection();
  const give = (): void => void driver.releaseConnection(connection);
  const { stream } = connection.connection;
  stream.cork();
  const begun = driver.query(connection, begin);
  const first = driver.query(connection, { ...statement, options: name === undefined ? {} : { name } });
  stream.uncork();
  try {
    const [, { response }] = await Promise.all([begun, first]);
    const { trx, close } = transactor(database, connection);
    const end = (): void => {
      close();
      driver
        .query(connection, 'COMMIT;')
        .catch((error: unknown) => (connection.__knex__disposed = error))
        .finally(give);
    };
    return { rows: response.rows as Row[], trx, end };
  } catch (error) {
    return await rollBack(driver, connection)(error).finally(give);
  }
}

/** Runs a statement in a transaction as it stands; with a name, prepared. @returns its rows */
export async function preparedRows<Row>(trx: Knex.Transaction, { name, ...statement }: Statement): Promise<readonly Row[]> {
  const driver = trx.client as Driver;
  const { response } = await driver.query(await driver.acquireConnection(), { ...statement, options: name === undefined ? {} : { name } });
  return response.rows as Row[];
}

/** A knex that has one connection, until it is closed: the pool's own with the few things changed that a transaction has otherwise. */
function transactor(database: Knex, connection: Connection): { trx: Knex.Transaction; close(): void } {
  const driver = database.client as Driver;
  let closed = false;
  const client = Object.assign(Object.create(database.client) as Driver & { queryBuilder(): { table: (...names: unknown[]) => unknown } }, {
    transacting: true,
    acquireConnection: async () => connection,
    releaseConnection: async () => undefined,
    query(of: Connection, statement: string | object) {
      if (closed) return Promise.reject(new Error('The transaction is over: it takes no more statements.'));
      return driver.query.call(client, of, statement);
    },
    stream: () => Promise.reject(new Error('Rows of a transaction are not streamed.')),
  });
  const trx = ((...names: unknown[]) => client.queryBuilder().table(...names)) as unknown as Knex.Transaction & { context: object };
  Object.setPrototypeOf(trx, database);
  const savepoint = async <T>(work: Work<T>): Promise<T> => {
    await driver.query(connection, 'SAVEPOINT inner_work');
    const result = await work(trx).catch(async (reason: unknown) => {
      await driver.query(connection, 'ROLLBACK TO SAVEPOINT inner_work');
      throw reason;
    });
    await driver.query(connection, 'RELEASE SAVEPOINT inner_work');
    return result;
  };
  const context = Object.create((database as unknown as { context: object }).context) as object;
  Object.defineProperty(trx, 'context', { value: Object.assign(context, { client, transaction: savepoint }) });
  Object.defineProperty(trx, 'isTransaction', { value: true });
  return { trx, close: () => void (closed = true) };
}
