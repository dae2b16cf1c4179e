import type { Knex } from 'knex';
import { guardTenantTable } from '../support/tenant-table.ts';

const tables = ['roblox_erasure_requests', 'roblox_index_marks'];

/**
 * Whom Roblox, or staff in its place, told us to forget: rows of the platform's own. The user's id is sealed under a key of the request's
 * own, and gone, key and all, when the request is settled; its digest stays, so that a notice that comes by another way is known.
 * A mark says until when the Roblox users of a school are in the blind index; a school without one has none there.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table roblox_erasure_requests (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      event_id text not null,
      user_digest bytea not null,
      sealed bytea,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id),
      unique (tenant_id, event_id)
    );
    create index roblox_erasure_requests_user_idx on roblox_erasure_requests (tenant_id, user_digest);
    create table roblox_index_marks (
      tenant_id uuid not null references tenants (id) on delete cascade,
      indexed_until timestamptz not null,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id)
    );
  `);
  for (const table of tables) await guardTenantTable(knex, table);
}

export async function down(knex: Knex): Promise<void> {
  for (const table of tables) await knex.raw(`drop table ${table}`);
}
