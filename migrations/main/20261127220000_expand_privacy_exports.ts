import type { Knex } from 'knex';
import { guardTenantTable } from '../support/tenant-table.ts';

/**
 * Packages of people's data. The subject is named, not referred to: that a package was made is known after the person is gone. The file is
 * in the school's bucket, sealed; the passphrase is sealed under the person's key until it is shown.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table privacy_exports (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      subject_id uuid not null,
      requested_by uuid,
      status text not null default 'making',
      formats text[] not null,
      recipient_kind text not null,
      passphrase bytea,
      passphrase_shown_at timestamptz,
      bucket text not null,
      object_key text not null,
      size_bytes bigint,
      sha256 text,
      records bigint,
      redactions bigint,
      expires_at timestamptz not null,
      ready_at timestamptz,
      downloads integer not null default 0,
      downloaded_at timestamptz,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id)
    );
    create index privacy_exports_subject_idx on privacy_exports (tenant_id, subject_id);
    create index privacy_exports_kept_idx on privacy_exports (tenant_id, expires_at) where status in ('making', 'ready');
  `);
  await guardTenantTable(knex, 'privacy_exports');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table privacy_exports');
}
