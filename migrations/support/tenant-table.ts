import type { Knex } from 'knex';

/**
 * Columns every tenant table has, and the wall between tenants: row-level security, forced, so that not even the owner
 * reads across it. The tenant is a setting of the transaction; without one nothing is visible.
 */
export async function guardTenantTable(knex: Knex, table: string, options: { column?: string; alsoVisible?: string } = {}): Promise<void> {
  const { column = 'tenant_id', alsoVisible } = options;
  const own = `${column} = nullif(current_setting('app.tenant_id', true), '')::uuid`;
  const visible = alsoVisible ? `(${own}) or (${alsoVisible})` : own;
  await knex.raw(`alter table ${table} enable row level security`);
  await knex.raw(`alter table ${table} force row level security`);
  await knex.raw(`create policy ${table}_read on ${table} for select using (${visible})`);
  await knex.raw(`create policy ${table}_insert on ${table} for insert with check (${own})`);
  await knex.raw(`create policy ${table}_update on ${table} for update using (${own}) with check (${own})`);
  await knex.raw(`create policy ${table}_delete on ${table} for delete using (${own})`);
}
