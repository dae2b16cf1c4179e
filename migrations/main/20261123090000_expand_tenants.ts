import type { Knex } from 'knex';
import { guardTenantTable, touchFunction, touchOnUpdate } from '../support/tenant-table.ts';

/** The tenants themselves. Platform scope (the registry: no personal data) may list them all; a tenant sees itself. */
export async function up(knex: Knex): Promise<void> {
  await touchFunction(knex);
  await knex.raw(`
    create table tenants (
      id uuid primary key,
      slug text not null unique,
      name text not null,
      region text not null,
      plan text not null,
      status text not null,
      suspended_reason text,
      time_zone text not null default 'UTC',
      locale text not null default 'en',
      onboarding_run_id uuid,
      stripe_customer_id text,
      stripe_subscription_id text,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create table tenant_settings (
      tenant_id uuid primary key references tenants (id) on delete cascade,
      invitation_days integer not null default 14,
      invite_staff boolean not null default true,
      session_hours integer not null default 720,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
  `);
  // A tenant may change its own row; only platform scope makes and removes tenants.
  const platform = `current_setting('app.scope', true) = 'platform'`;
  const own = `id = nullif(current_setting('app.tenant_id', true), '')::uuid`;
  await knex.raw('alter table tenants enable row level security');
  await knex.raw('alter table tenants force row level security');
  await knex.raw(`create policy tenants_read on tenants for select using (${own} or ${platform})`);
  await knex.raw(`create policy tenants_insert on tenants for insert with check (${platform})`);
  await knex.raw(`create policy tenants_update on tenants for update using (${own} or ${platform}) with check (${own} or ${platform})`);
  await knex.raw(`create policy tenants_delete on tenants for delete using (${platform})`);
  await touchOnUpdate(knex, 'tenants');
  await guardTenantTable(knex, 'tenant_settings');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table tenant_settings; drop table tenants; drop function touch_row();');
}
