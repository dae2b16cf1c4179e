import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { empowerKeyringRoles } from '../../stack/parts/keyring-roles.ts';
import { openDatabase, openKeyring } from '../../platform/database.ts';
import { migrate, type Cluster } from '../../platform/migrator.ts';
import { ensurePlatformTenant } from '../../platform/platform-tenant.ts';
import { servers } from './servers.ts';

/** A private pair of databases, migrated, holding the platform tenant. Filled when the suite's `before` hooks have run. */
export interface Databases {
  /** The main cluster as the app's role sees it. */
  readonly main: Knex;
  readonly owner: Knex;
  /** The keyring as the app's role sees it. */
  readonly keyring: Knex;
  readonly keyringOwner: Knex;
  readonly urls: {
    readonly main: string;
    readonly owner: string;
    readonly keyring: string;
    readonly keyringOwner: string;
    readonly keyringShredder: string;
    readonly keyringBackup: string;
  };
}

const prefixes = { main: 'toolbox', keyring: 'keyring' } as const;
const servants = { shredder: 'keyring_shredder', backup: 'keyring_backup' } as const;
const folders = ['migrations/', 'platform/platform-tenant.ts', 'stack/parts/keyring-roles.ts', 'test/support/database.ts'];
const maxAgeMs = 2 * 3600_000;
const rolePassword = 'test-only';

const adminUrl = (cluster: Cluster): string => (cluster === 'main' ? servers().postgres.adminUrl : servers().keyring.adminUrl);

function urlOf(cluster: Cluster, name: string, user: 'owner' | 'app' | keyof typeof servants): string {
  const url = new URL(adminUrl(cluster));
  url.username = `${prefixes[cluster]}_${user}`; // the servants' names begin likewise
  url.password = rolePassword;
  url.pathname = `/${name}`;
  return url.href;
}

/** One admin connection, one holder at a time over all test processes: roles are of the whole cluster, and a template in use cannot be copied. */
async function asAdmin<T>(cluster: Cluster, act: (run: (sql: string) => Promise<Record<string, unknown>[]>) => Promise<T>): Promise<T> {
  const admin = openDatabase(adminUrl(cluster), { poolMax: 1 });
  const run = async (sql: string): Promise<Record<string, unknown>[]> => (await admin.raw<{ rows: Record<string, unknown>[] }>(sql)).rows;
  try {
    await run(`select pg_advisory_lock(hashtext('toolbox.test.template'))`);
    return await act(run);
  } finally {
    await admin.destroy();
  }
}

function* filesIn(path: URL): Generator<URL> {
  if (!path.pathname.endsWith('/')) return void (yield path);
  const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) yield* filesIn(new URL(entry.name + (entry.isDirectory() ? '/' : ''), path));
}

/** Changes with whatever the template is made from, so that runs share a template as long as it is the same. */
function fingerprint(): string {
  const hash = createHash('sha256');
  const root = new URL('../../', import.meta.url);
  for (const folder of folders)
    for (const file of filesIn(new URL(folder, root))) hash.update(fileURLToPath(file)).update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

/** What only a superuser may give, inside the database. */
async function empower(name: string): Promise<void> {
  const url = new URL(adminUrl('keyring'));
  url.pathname = `/${name}`;
  const admin = openDatabase(url.href, { poolMax: 1 });
  try {
    await empowerKeyringRoles((sql) => admin.raw(sql), servants);
  } finally {
    await admin.destroy();
  }
}

async function makeTemplate(cluster: Cluster, name: string, run: (sql: string) => Promise<unknown>): Promise<void> {
  const [owner, app] = [`${prefixes[cluster]}_owner`, `${prefixes[cluster]}_app`];
  for (const role of cluster === 'keyring' ? [owner, app, ...Object.values(servants)] : [owner, app])
    await run(`do $$ begin create role ${role} login password '${rolePassword}'; exception when duplicate_object then null; end $$`);
  // Built under another name: a template half made by a killed run is never taken for a whole one.
  const draft = `${name}_draft`;
  await run(`drop database if exists ${draft} with (force)`);
  await run(`create database ${draft} owner ${owner}`);
  if (cluster === 'keyring') await empower(draft);
  const database = openDatabase(urlOf(cluster, draft, 'owner'), { poolMax: 3 });
  try {
    await migrate(database, cluster);
    if (cluster === 'main') await ensurePlatformTenant(database);
  } finally {
    await database.destroy();
  }
  await run(`alter database ${draft} rename to ${name}`);
}

/** Clones the template into a new database and clears what killed runs left behind. */
async function cloneDatabase(cluster: Cluster): Promise<string> {
  const template = `toolbox_template_${cluster}_${fingerprint()}`;
  const name = `toolbox_test_${Date.now()}_${randomBytes(4).toString('hex')}`;
  await asAdmin(cluster, async (run) => {
    const names = (await run('select datname as name from pg_database')).map((row) => String(row['name']));
    if (!names.includes(template)) await makeTemplate(cluster, template, run);
    await run(`create database ${name} template ${template} owner ${prefixes[cluster]}_owner`);
    // As the stack does it (rights on a database are not copied with it): the app may connect, and make no temporary table.
    await run(`revoke all on database ${name} from public`);
    const guests = cluster === 'keyring' ? Object.values(servants) : [];
    await run(`grant connect on database ${name} to ${[`${prefixes[cluster]}_app`, ...guests].join(', ')}`);
    const stale = names.filter((other) => Date.now() - Number(/^toolbox_test_(\d+)_/.exec(other)?.[1] ?? Infinity) > maxAgeMs);
    for (const other of stale) await run(`drop database if exists ${other} with (force)`);
  });
  return name;
}

/** A private pair for whoever drops it themselves; in a suite take `useDatabases`. */
export async function createDatabases(): Promise<Databases & { drop(): Promise<void> }> {
  const [main, keyring] = await Promise.all([cloneDatabase('main'), cloneDatabase('keyring')]);
  const urls = {
    main: urlOf('main', main, 'app'),
    owner: urlOf('main', main, 'owner'),
    keyring: urlOf('keyring', keyring, 'app'),
    keyringOwner: urlOf('keyring', keyring, 'owner'),
    keyringShredder: urlOf('keyring', keyring, 'shredder'),
    keyringBackup: urlOf('keyring', keyring, 'backup'),
  };
  const open = {
    main: openDatabase(urls.main),
    owner: openDatabase(urls.owner),
    keyring: openKeyring(urls.keyring),
    keyringOwner: openKeyring(urls.keyringOwner),
  };
  const drop = async (): Promise<void> => {
    await Promise.all(Object.values(open).map((database) => database.destroy()));
    await asAdmin('main', (run) => run(`drop database if exists ${main} with (force)`));
    await asAdmin('keyring', (run) => run(`drop database if exists ${keyring} with (force)`));
  };
  return { ...open, urls, drop };
}

/** Call in a `describe`: its tests get databases of their own, on the real servers, dropped when they have run. */
export function useDatabases(): Databases {
  const databases = {} as Databases;
  let drop: (() => Promise<void>) | undefined;
  before(async function () {
    this.timeout(60_000);
    const made = await createDatabases();
    drop = () => made.drop();
    Object.assign(databases, made);
  });
  after(async function () {
    this.timeout(60_000);
    await drop?.();
  });
  return databases;
}
