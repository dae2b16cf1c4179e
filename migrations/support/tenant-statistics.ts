import type { Knex } from 'knex';

/**
 * For tables into which a tenant brings thousands of rows at once. The planner knows tenants by name: of one that came after the last
 * analysis it believes that it has a single row, takes any index that is led by `tenant_id`, and reads all of the tenant's rows for each
 * one it is asked for. Without statistics of the column it believes every tenant to have a part of the table, and takes the whole key.
 */
export async function forgetTenants(knex: Knex, tables: readonly string[]): Promise<void> {
  for (const table of tables) await knex.raw(`alter table ${table} alter column tenant_id set statistics 0`);
}

export async function rememberTenants(knex: Knex, tables: readonly string[]): Promise<void> {
  for (const table of tables) await knex.raw(`alter table ${table} alter column tenant_id set statistics -1`);
}
