import type { Knex } from 'knex';
import { guardTenantTable } from '../support/tenant-table.ts';

/** Runs (a projection of Temporal's executions), idempotency keys, effects on vendors, invoices. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table runs (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      process text not null,
      workflow_id text not null,
      status text not null default 'running',
      started_by uuid not null,
      request_id uuid not null,
      sealed_input_id uuid,
      steps jsonb,
      result jsonb,
      error jsonb,
      closed_at timestamptz,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id)
    );
    create index runs_workflow_idx on runs (tenant_id, workflow_id);
    create table idempotency_keys (
      tenant_id uuid not null references tenants (id) on delete cascade,
      key_digest bytea not null,
      request_digest bytea not null,
      run_id uuid not null,
      response jsonb,
      expires_at timestamptz not null,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, key_digest)
    );
    create table effects (
      tenant_id uuid not null references tenants (id) on delete cascade,
      key text not null,
      vendor text not null,
      operation text not null,
      status text not null default 'pending',
      vendor_ref text,
      requested_at timestamptz not null default now(),
      done_at timestamptz,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, key)
    );
    create table invoices (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      stripe_invoice_id text not null,
      number text,
      status text not null,
      amount_minor bigint not null,
      currency text not null,
      due_at timestamptz,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id),
      unique (tenant_id, stripe_invoice_id)
    );
  `);
  for (const table of ['runs', 'idempotency_keys', 'effects', 'invoices']) await guardTenantTable(knex, table);
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['invoices', 'effects', 'idempotency_keys', 'runs']) await knex.raw(`drop table ${table}`);
}
