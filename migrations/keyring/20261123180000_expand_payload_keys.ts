import type { Knex } from 'knex';
import { guardTenantTable } from '../support/tenant-table.ts';

/** The keys under which a tenant's payloads are sealed before Temporal gets them. The newest seals; the older still open. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table payload_keys (
      tenant_id uuid not null,
      id uuid not null,
      wrapped_key text not null,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id)
    );
  `);
  await guardTenantTable(knex, 'payload_keys');
  await knex.raw('grant select, insert, update, delete on payload_keys to keyring_app');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table payload_keys');
}
