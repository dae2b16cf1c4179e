import type { Knex } from 'knex';
import { guardTenantTable, touchFunction } from '../support/tenant-table.ts';

/**
 * All that can name a person or open their data: wrapped keys and blind indexes. A cluster of its own, so that its files,
 * its WAL and its backups can be short-lived (DESIGN section 5).
 */
export async function up(knex: Knex): Promise<void> {
  await touchFunction(knex);
  await knex.raw(`
    create table subject_keys (
      tenant_id uuid not null,
      subject_id uuid not null,
      wrapped_key text not null,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, subject_id)
    );
    create table index_keys (
      tenant_id uuid primary key,
      wrapped_key text not null,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create table blind_indexes (
      tenant_id uuid not null,
      purpose text not null,
      hmac bytea not null,
      subject_id uuid not null,
      source_digest bytea,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, purpose, hmac)
    );
    create index blind_indexes_subject_idx on blind_indexes (tenant_id, subject_id);
  `);
  for (const table of ['subject_keys', 'index_keys', 'blind_indexes']) await guardTenantTable(knex, table);
  await knex.raw(`
    grant usage on schema public to keyring_app;
    revoke create on schema public from public;
    grant select, insert, update, delete on subject_keys, index_keys, blind_indexes to keyring_app;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table blind_indexes; drop table index_keys; drop table subject_keys; drop function touch_row();');
}
