import knex, { type Knex } from 'knex';
import { types as pgTypes } from 'pg';
import { platformTenantId } from '../domain/roles.ts';
import { isId } from './ids.ts';
import { type OpenRead, openRead, type Statement, transact, transactAtOnce, type Work } from './transaction.ts';

/** What row-level security knows of a transaction. Always all three, so that nothing is left over from elsewhere. */
interface Scope {
  readonly tenantId: string;
  readonly scope: 'platform' | 'totals' | '';
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

interface Options {
  readonly poolMax?: number;
  /** Sends statements without waiting for the answers of those before them. Not where rows are copied or streamed. */
  readonly pipeline?: boolean;
  /** How long a statement may take; default: 2 minutes. */
  readonly statementMs?: number;
  /** The server refuses whatever would change something. */
  readonly readOnly?: boolean;
}
const statementMsOfWork = 120_000;
/** The server ends a statement itself, and says so. One that says nothing at all is given up a little later. */
const silentFactor = 1.2;

const nothingSaid = (): void => undefined;
/** What fails is thrown, too: knex would print it as it comes, past the log, with whatever a foreign message says. */
const mute = { warn: nothingSaid, error: nothingSaid, deprecate: nothingSaid, debug: nothingSaid };

function open(url: string, name: string, { poolMax, pipeline = false, statementMs = statementMsOfWork, readOnly }: Options): Knex {
  return knex({
    client: 'pg',
    connection: {
      connectionString: url,
      application_name: name,
      types,
      connectionTimeoutMillis: 5_000,
      statement_timeout: statementMs,
      query_timeout: statementMs * silentFactor,
      idle_in_transaction_session_timeout: 60_000,
      keepAlive: true,
      pipeline,
      ...(readOnly ? { options: '-c default_transaction_read_only=on' } : {}),
    } as Knex.PgConnectionConfig,
    pool: { min: 0, max: poolMax ?? 10 },
    acquireConnectionTimeout: 10_000,
    log: mute,
  });
}

/** The main cluster. bigint arrives as number (a value past 2^53 throws), timestamptz as Date, date as 'YYYY-MM-DD', numeric as string. */
export const openDatabase = (url: string, options: Options = {}): Knex => open(url, 'toolbox', options);

/** The keyring cluster: the same, smaller by default. */
export const openKeyring = (url: string, options: Options = {}): Knex => open(url, 'toolbox-keyring', { poolMax: 5, ...options });

/** What begins a transaction in a scope: in one round trip, for every request of the product would pay for a second one. */
function beginning(database: Knex, id: string, scope: Scope, mode: '' | ' READ ONLY' = ''): string {
  if (!isId(id)) throw new Error('A scope is named by an id.');
  // Settings last until the outermost transaction ends: a scope opened inside another would leak into the rest of it.
  if (database.isTransaction) throw new Error('A scope is opened on the database, not inside another transaction.');
  return `BEGIN${mode}; ${settingsOf(scope)}`;
}

const ofTenant = (tenantId: string): Scope => ({ tenantId, scope: '', accountId: '' });
const ofPlatform: Scope = { tenantId: platformTenantId, scope: 'platform', accountId: '' };

/** A transaction in which only this tenant's rows exist. Commits when `work` resolves, rolls back when it throws. */
export const inTenant = async <T>(database: Knex, tenantId: string, work: Work<T>): Promise<T> =>
  transact(database, beginning(database, tenantId, ofTenant(tenantId)), work);

/** As inTenant, for statements that do not wait for each other's answers: all of it takes one round trip. Answers the rows of each. */
export const atOnceInTenant = async (database: Knex, tenantId: string, statements: readonly Statement[]): Promise<(readonly unknown[])[]> =>
  transactAtOnce(database, beginning(database, tenantId, ofTenant(tenantId)), statements);

/** A transaction of the platform itself: the platform tenant's rows, and the whole registry of tenants. */
export const inPlatform = async <T>(database: Knex, work: Work<T>): Promise<T> =>
  transact(database, beginning(database, platformTenantId, ofPlatform), work);

/** A read-only transaction that sees the invoices and payments of all schools, to be added up, and nothing else of them. */
export const acrossSchools = async <T>(database: Knex, work: Work<T>): Promise<T> =>
  transact(database, beginning(database, platformTenantId, { ...ofPlatform, scope: 'totals' }, ' READ ONLY'), work);

/** A transaction in which only this account's own memberships can be read: before a tenant is chosen. */
export const asAccount = async <T>(database: Knex, accountId: string, work: Work<T>): Promise<T> =>
  transact(database, beginning(database, accountId, { tenantId: '', scope: '', accountId }), work);

/** A read-only transaction of a tenant, left open after its first statement. In the platform's own, the registry of tenants is there too. */
export const openReadIn = async <Row>(database: Knex, tenantId: string, first: Statement): Promise<OpenRead<Row>> =>
  openRead<Row>(
    database,
    beginning(database, tenantId, tenantId === platformTenantId ? ofPlatform : ofTenant(tenantId), ' READ ONLY'),
    first,
  );
