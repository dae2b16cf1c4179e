import pg from 'pg';

export interface Database {
  readonly name: string;
  /** Owns the database and its schema; runs migrations. */
  readonly owner: string;
  /** Only connects; gets its grants from the migrations. */
  readonly app?: string;
  /** Connect, too, for one thing each. */
  readonly servants?: readonly string[];
  /** Connect, too, and are another database's servants. */
  readonly visitors?: readonly string[];
  /** What the roles need of a superuser, inside the database. Repeats change nothing. */
  readonly empower?: (run: Run) => Promise<void>;
}

const name = pg.escapeIdentifier;

/** Makes a database and its roles, none of which is above row security. Repeats change nothing but the passwords, set to those given. */
export async function provision(adminUrl: string, database: Database, passwordOf: (role: string) => string): Promise<void> {
  const { owner, app, servants = [], visitors = [], empower } = database;
  const guests = app === undefined ? servants : [app, ...servants];
  await within(adminUrl, async (run) => {
    for (const role of [owner, ...guests]) await ensureRole(run, role, passwordOf(role));
    const { rowCount } = await run('select from pg_database where datname = $1', [database.name]);
    if (rowCount === 0) await run(`create database ${name(database.name)} owner ${name(owner)}`);
    await run(`revoke all on database ${name(database.name)} from public`);
    for (const role of [...guests, ...visitors]) await run(`grant connect on database ${name(database.name)} to ${name(role)}`);
  });
  const inside = new URL(adminUrl);
  inside.pathname = `/${database.name}`;
  await within(inside.href, async (run) => {
    await run(`alter schema public owner to ${name(owner)}`);
    await empower?.(run);
  });
}

/** Drops what a database holds, and all connections to it. */
export async function emptyDatabase(adminUrl: string, database: Database): Promise<void> {
  await within(adminUrl, async (run) => {
    await run(`drop database if exists ${name(database.name)} with (force)`);
    await run(`create database ${name(database.name)} owner ${name(database.owner)}`);
  });
}

export type Run = (sql: string, values?: unknown[]) => Promise<pg.QueryResult>;

async function ensureRole(run: Run, role: string, password: string): Promise<void> {
  const { rowCount } = await run('select from pg_roles where rolname = $1', [role]);
  const rights = 'login nosuperuser nobypassrls nocreatedb nocreaterole noreplication';
  await run(`${rowCount === 0 ? 'create' : 'alter'} role ${name(role)} ${rights} password ${pg.escapeLiteral(password)}`);
}

async function within<T>(url: string, act: (run: Run) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await act((sql, values) => client.query(sql, values));
  } finally {
    await client.end();
  }
}
