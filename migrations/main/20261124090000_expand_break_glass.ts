import type { Knex } from 'knex';
import { guardTenantTable } from '../support/tenant-table.ts';

/**
 * Accesses of platform staff to one school. A row is the school's: only in its scope it is made and ended. The platform sees all, as they
 * are its own staff's; why one was opened is sealed under the school's keys. Account and session are named, not referred to: the row outlives both.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table break_glass_accesses (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      account_id uuid not null,
      session_id uuid not null,
      opened_as text not null,
      role text not null,
      stated_reason bytea,
      opened_at timestamptz not null,
      expires_at timestamptz not null,
      ended_at timestamptz,
      ended_by uuid,
      end_reason text,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id),
      check (role not in ('super_admin', 'ops', 'compliance')),
      check (expires_at <= opened_at + interval '4 hours'),
      check (tenant_id <> '00000000-0000-7000-8000-000000000000')
    );
    create index break_glass_open_idx on break_glass_accesses (tenant_id, account_id) where ended_at is null;
  `);
  await guardTenantTable(knex, 'break_glass_accesses', { alsoVisible: `current_setting('app.scope', true) = 'platform'` });
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table break_glass_accesses');
}
