import { join } from 'node:path';
import pg from 'pg';
import { allOrNone } from '../all-or-none.ts';
import { bareEnvironment } from '../environment.ts';
import type { Context, Launch, Part } from '../part.ts';
import { unprivilegedUser } from '../system-user.ts';
import { empowerKeyringRoles } from './keyring-roles.ts';
import { initCluster } from './postgres-cluster.ts';
import { findPostgres } from './postgres-programs.ts';
import { provision, type Database } from './postgres-roles.ts';

export interface PostgresAddress {
  /** As the app's role. */
  readonly url: string;
  /** As the role that owns the database. */
  readonly ownerUrl: string;
  /** As the superuser: only of a cluster started here. */
  readonly adminUrl?: string;
  /** Of the keyring only: as the roles that do one thing each. */
  readonly shredderUrl?: string;
  readonly backupUrl?: string;
}

interface Cluster {
  readonly name: 'postgres' | 'keyring';
  readonly title: string;
  /** What of the address stands in which variable of the environment. */
  readonly variables: { readonly url: string; readonly ownerUrl: string; readonly shredderUrl?: string; readonly backupUrl?: string };
  readonly databases: readonly [Database, ...Database[]];
  readonly settings?: Readonly<Record<string, string>>;
}

const settings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  // A crash then loses nothing and a checkpoint does not stall a small disk.
  max_wal_size: '1GB',
  timezone: 'UTC',
  log_timezone: 'UTC',
};
/**
 * What is destroyed here must leave the files: WAL is removed and not kept for its next use, and no value is written into the log.
 * docs/runbooks/keyring.md has the same for a cluster that runs elsewhere.
 */
const keyringSettings: Readonly<Record<string, string>> = {
  wal_recycle: 'off',
  min_wal_size: '32MB',
  max_wal_size: '256MB',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_error_verbosity: 'terse',
};
const testSettings: Readonly<Record<string, string>> = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

async function launch(cluster: Cluster, context: Context, folder: string): Promise<Launch<PostgresAddress>> {
  const { memory, ports, env, test } = context;
  const port = await ports.choose(cluster.name);
  const user = unprivilegedUser();
  const data = await initCluster(cluster.name, context, folder, user);
  const all = { ...settings, ...cluster.settings, ...(test ? testSettings : {}), port: String(port) };
  const urlOf = (role: string, database: string): string =>
    `postgres://${role}:${memory.secret(`${cluster.name}.${role}`)}@127.0.0.1:${port}/${database}`;
  const adminUrl = urlOf('postgres', 'postgres');
  const { name, owner, app = owner } = cluster.databases[0];
  return {
    program: join(folder, 'postgres'),
    args: ['-D', data, ...Object.entries(all).flatMap(([setting, value]) => ['-c', `${setting}=${value}`])],
    env: bareEnvironment(env),
    ...(user ? { user } : {}),
    // Fast shutdown: does not wait for clients to leave.
    stopSignal: 'SIGINT',
    stopWithinMs: 20_000,
    healthy: () => answers(adminUrl),
    async settle() {
      // Tests make their own roles and databases.
      if (!test)
        for (const database of cluster.databases) await provision(adminUrl, database, (role) => memory.secret(`${cluster.name}.${role}`));
      const servants = cluster.name === 'keyring' ? { shredderUrl: urlOf(shredder, name), backupUrl: urlOf(backup, name) } : {};
      return { url: urlOf(app, name), ownerUrl: urlOf(owner, name), ...servants, adminUrl };
    },
  };
}

async function answers(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  // A connection cut while we say good-bye is no news.
  client.on('error', () => undefined);
  await client.connect();
  await client.end();
}

const part = (cluster: Cluster): Part<PostgresAddress> => ({
  name: cluster.name,
  title: cluster.title,
  external(env) {
    const parts = Object.entries(cluster.variables) as [keyof PostgresAddress, string][];
    const given = allOrNone(
      env,
      parts.map(([, variable]) => variable),
    );
    return given && (Object.fromEntries(parts.map(([what, variable]) => [what, given[variable]])) as unknown as PostgresAddress);
  },
  resolve: ({ env, home }) => findPostgres(env, home),
  launch: (context, folder) => launch(cluster, context, folder),
});

/** The main cluster. */
export const postgres = part({
  name: 'postgres',
  title: 'PostgreSQL (main)',
  variables: { url: 'DATABASE_URL', ownerUrl: 'DATABASE_OWNER_URL' },
  databases: [{ name: 'toolbox', owner: 'toolbox_owner', app: 'toolbox_app' }],
});

const shredder = 'keyring_shredder';
const backup = 'keyring_backup';

/** OpenBao keeps its state in this database of the keyring cluster. */
export const vaultStorage = { name: 'openbao', owner: 'openbao', visitors: [backup] } as const;

/** A cluster of its own for all that can name a person or open their data: its files and WAL must be short-lived. */
export const keyring = part({
  name: 'keyring',
  title: 'PostgreSQL (keyring)',
  variables: {
    url: 'KEYRING_DATABASE_URL',
    ownerUrl: 'KEYRING_OWNER_URL',
    shredderUrl: 'KEYRING_SHREDDER_URL',
    backupUrl: 'KEYRING_BACKUP_URL',
  },
  databases: [
    {
      name: 'keyring',
      owner: 'keyring_owner',
      app: 'keyring_app',
      servants: [shredder, backup],
      empower: (run) => empowerKeyringRoles(run, { shredder, backup }),
    },
    vaultStorage,
  ],
  settings: keyringSettings,
});
