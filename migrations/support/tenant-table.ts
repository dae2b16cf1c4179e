import type { Knex } from 'knex';

/** Once a cluster: what a row owes its readers when it changes. The database keeps `version` and `updated_at`, so no writer can forget them. */
export async function touchFunction(knex: Knex): Promise<void> {
  await knex.raw(`
    create function touch_row() returns trigger language plpgsql set search_path = pg_catalog as $$
    begin
      new.version := old.version + 1;
      new.updated_at := greatest(clock_timestamp(), old.updated_at);
      return new;
    end $$`);
}

export async function touchOnUpdate(knex: Knex, table: string): Promise<void> {
  await knex.raw(`create trigger ${table}_touch before update on ${table} for each row execute function touch_row()`);
}

/**
 * The wall between tenants: row-level security, forced, so that not even the owner reads across it. The tenant is a setting
 * of the transaction; without one nothing is visible. Keys of tenant tables, primary, unique and foreign, are led by
 * `tenant_id`: a row can neither refer to another tenant's nor learn by a conflict that it exists.
 */
export async function guardTenantTable(knex: Knex, table: string, options: { alsoVisible?: string; touch?: boolean } = {}): Promise<void> {
  const { alsoVisible, touch = true } = options;
  const own = `tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid`;
  const visible = alsoVisible ? `(${own}) or (${alsoVisible})` : own;
  await knex.raw(`alter table ${table} enable row level security`);
  await knex.raw(`alter table ${table} force row level security`);
  await knex.raw(`create policy ${table}_read on ${table} for select using (${visible})`);
  await knex.raw(`create policy ${table}_insert on ${table} for insert with check (${own})`);
  await knex.raw(`create policy ${table}_update on ${table} for update using (${own}) with check (${own})`);
  await knex.raw(`create policy ${table}_delete on ${table} for delete using (${own})`);
  if (touch) await touchOnUpdate(knex, table);
}
