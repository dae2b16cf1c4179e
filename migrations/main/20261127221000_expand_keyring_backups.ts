import type { Knex } from 'knex';
import { guardTenantTable } from '../support/tenant-table.ts';

/** Which backups of the keyring there are, and were: a destroyed key is gone for good when the last that may hold it is removed. Rows are the platform's own. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table keyring_backups (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      object_key text not null,
      taken_at timestamptz not null,
      expires_at timestamptz not null,
      stored_at timestamptz,
      removed_at timestamptz,
      size_bytes bigint,
      sha256 text,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id)
    );
    create index keyring_backups_kept_idx on keyring_backups (tenant_id, expires_at) where removed_at is null;
  `);
  await guardTenantTable(knex, 'keyring_backups');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table keyring_backups');
}
