import { readdirSync } from 'node:fs';
import type { Knex } from 'knex';

export const clusters = ['main', 'keyring'] as const;
export type Cluster = (typeof clusters)[number];

const pattern = /^\d{14}_(expand|backfill|contract)_[a-z0-9_]+(?=\.(ts|js)$)/;
const folderOf = (cluster: Cluster): URL => new URL(`../migrations/${cluster}/`, import.meta.url);

/** Names migrations without their extension, so that .ts in development and .js in production are one history. */
export function migrationSource(cluster: Cluster): Knex.MigrationSource<string> {
  const folder = folderOf(cluster);
  return {
    getMigrations: async () =>
      readdirSync(folder)
        .filter((file) => pattern.test(file))
        .sort(),
    getMigrationName: (file) => file.replace(/\.(ts|js)$/, ''),
    getMigration: (file) => import(new URL(file, folder).href) as Promise<Knex.Migration>,
  };
}

/** One migrator at a time. knex's own lock is a row that outlives a killed process, this one ends with its connection: whoever holds it frees the other. */
async function alone<T>(knex: Knex, cluster: Cluster, act: (config: Knex.MigratorConfig) => Promise<T>): Promise<T> {
  const config = { migrationSource: migrationSource(cluster) };
  return await knex.transaction(async (trx) => {
    await trx.raw(`select pg_advisory_xact_lock(hashtext('toolbox.migrate'))`);
    await knex.migrate.forceFreeMigrationsLock(config);
    return await act(config);
  });
}

/** Brings a cluster's schema up to date, as its owner role; safe to repeat and to run twice at once. Returns the names of what was applied. */
export async function migrate(knex: Knex, cluster: Cluster): Promise<readonly string[]> {
  const [, applied] = (await alone(knex, cluster, (config) => knex.migrate.latest(config))) as [number, string[]];
  return applied;
}

/** Undoes the newest batch (`all`: every one). Returns the names of what was undone. */
export async function rollback(knex: Knex, cluster: Cluster, options: { all?: boolean } = {}): Promise<readonly string[]> {
  const [, undone] = (await alone(knex, cluster, (config) => knex.migrate.rollback(config, options.all ?? false))) as [number, string[]];
  return undone;
}
