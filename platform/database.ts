import knex, { type Knex } from 'knex';
import { types as pgTypes } from 'pg';
import { platformTenantId } from '../domain/roles.ts';
import { isId } from './ids.ts';

/** What row-level security knows of a transaction. Always all three, so that nothing is left over from elsewhere. */
interface Scope {
  readonly tenantId: string;
  readonly scope: 'platform' | '';
  readonly accountId: string;
}

const { INT8, DATE } = pgTypes.builtins;

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('A bigint of the database does not fit a number exactly.');
  return value;
}

// timestamptz -> Date, bytea -> Buffer, jsonb -> value and numeric -> string (exact) are the driver's own choice. A date has no time
// zone: as a Date it would shift by the machine's.
const parsers: Readonly<Record<number, (text: string) => unknown>> = { [INT8]: safeInteger, [DATE]: (text) => text };
const driverParser = pgTypes.getTypeParser as (oid: number, format: string) => unknown;
const types = {
  getTypeParser: (oid: number, format: string): unknown => (format !== 'binary' && parsers[oid]) || driverParser(oid, format),
};

const settingsOf = ({ tenantId, scope, accountId }: Scope): string =>
  `SELECT set_config('app.tenant_id', '${tenantId}', true), set_config('app.scope', '${scope}', true), set_config('app.account_id', '${accountId}', true)`;

/** The part of knex's transaction that is extended: it has no hook for what is sent with BEGIN. */
interface Beginning {
  begin(connection: unknown): Promise<unknown>;
  query(connection: unknown, sql: string): Promise<unknown>;
}
interface Transacting {
  transaction(container: unknown, config: { scope?: Scope }, outer: unknown): Beginning;
}

/** Sends a transaction's scope in one round trip with its BEGIN: every request of the product would pay for a second one. */
function scopeWithBegin(client: Transacting): void {
  const start = client.transaction.bind(client);
  client.transaction = (container, config, outer) => {
    const transaction = start(container, config, outer);
    const { scope } = config;
    if (scope && !outer) transaction.begin = (connection) => transaction.query(connection, `BEGIN; ${settingsOf(scope)}`);
    return transaction;
  };
}

function open(url: string, name: string, poolMax: number): Knex {
  const database = knex({
    client: 'pg',
    connection: {
      connectionString: url,
      application_name: name,
      types,
      connectionTimeoutMillis: 5_000,
      statement_timeout: 120_000,
      idle_in_transaction_session_timeout: 60_000,
      keepAlive: true,
    },
    pool: { min: 0, max: poolMax },
    acquireConnectionTimeout: 10_000,
  });
  scopeWithBegin(database.client as Transacting);
  return database;
}

/** The main cluster. bigint arrives as number (a value past 2^53 throws), timestamptz as Date, date as 'YYYY-MM-DD', numeric as string. */
export const openDatabase = (url: string, options: { poolMax?: number } = {}): Knex => open(url, 'toolbox', options.poolMax ?? 10);

/** The keyring cluster: the same, smaller by default. */
export const openKeyring = (url: string, options: { poolMax?: number } = {}): Knex => open(url, 'toolbox-keyring', options.poolMax ?? 5);

type Work<T> = (trx: Knex.Transaction) => Promise<T>;

async function scoped<T>(database: Knex, id: string, scope: Scope, work: Work<T>): Promise<T> {
  if (!isId(id)) throw new Error('A scope is named by an id.');
  // Settings last until the outermost transaction ends: a scope opened inside another would leak into the rest of it.
  if (database.isTransaction) throw new Error('A scope is opened on the database, not inside another transaction.');
  // As an option, not by withUserParams: that copies the whole of knex, a sixth of what a small request costs.
  return await database.transaction(work, { scope } as Knex.TransactionConfig);
}

/** A transaction in which only this tenant's rows exist. Commits when `work` resolves, rolls back when it throws. */
export const inTenant = <T>(database: Knex, tenantId: string, work: Work<T>): Promise<T> =>
  scoped(database, tenantId, { tenantId, scope: '', accountId: '' }, work);

/** A transaction of the platform itself: the platform tenant's rows, and the whole registry of tenants. */
export const inPlatform = <T>(database: Knex, work: Work<T>): Promise<T> =>
  scoped(database, platformTenantId, { tenantId: platformTenantId, scope: 'platform', accountId: '' }, work);

/** A transaction in which only this account's own memberships can be read: before a tenant is chosen. */
export const asAccount = <T>(database: Knex, accountId: string, work: Work<T>): Promise<T> =>
  scoped(database, accountId, { tenantId: '', scope: '', accountId }, work);
