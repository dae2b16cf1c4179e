import type { Knex } from 'knex';
import { guardTenantTable } from '../support/tenant-table.ts';

const tables = ['privacy_policies', 'privacy_requests', 'privacy_holds', 'privacy_receipts', 'erased_subjects'];

/**
 * What people ask of their data, and what came of it. A request names its subject by id only and outlives it. `erased_subjects` is written
 * before the key goes: a backup that is restored is held against it. Why a request is held is sealed: it may name a person.
 */
export async function up(knex: Knex): Promise<void> {
  const kept = `version integer not null default 1, created_at timestamptz not null default now(), updated_at timestamptz not null default now()`;
  await knex.raw(`
    create table privacy_policies (
      tenant_id uuid primary key references tenants (id) on delete cascade,
      needs_approval boolean not null default false,
      needs_confirmation boolean not null default true,
      cooling_off_days integer not null default 7,
      law text not null default 'gdpr',
      ${kept},
      check (cooling_off_days between 0 and 14)
    );
    create table privacy_requests (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      kind text not null,
      subject_id uuid not null,
      account_id uuid,
      law text not null,
      requested_by text not null,
      entered_by uuid not null,
      status text not null,
      outcome text,
      verified_how text,
      verified_by uuid,
      evidence_id uuid,
      approved_by uuid,
      confirmed_by uuid,
      received_at timestamptz not null,
      due_at timestamptz not null,
      escalate_at timestamptz not null,
      escalated_at timestamptz,
      erase_after timestamptz,
      erased_at timestamptz,
      final_after timestamptz,
      final_at timestamptz,
      dry_run jsonb,
      residual jsonb,
      shred jsonb,
      erased_certificate_id uuid,
      final_certificate_id uuid,
      ${kept},
      primary key (tenant_id, id)
    );
    create index privacy_requests_subject_idx on privacy_requests (tenant_id, subject_id);
    create index privacy_requests_status_idx on privacy_requests (tenant_id, status, id);
    create table privacy_holds (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      request_id uuid not null,
      stated_reason bytea,
      until timestamptz not null,
      placed_by uuid not null,
      placed_at timestamptz not null,
      released_at timestamptz,
      released_by uuid,
      ${kept},
      primary key (tenant_id, id),
      foreign key (tenant_id, request_id) references privacy_requests (tenant_id, id) on delete cascade
    );
    create index privacy_holds_request_idx on privacy_holds (tenant_id, request_id);
    create table privacy_receipts (
      tenant_id uuid not null references tenants (id) on delete cascade,
      request_id uuid not null,
      place text not null,
      counts jsonb not null default '{}',
      refs jsonb not null default '[]',
      erased_at timestamptz,
      ${kept},
      primary key (tenant_id, request_id, place),
      foreign key (tenant_id, request_id) references privacy_requests (tenant_id, id) on delete cascade
    );
    create table erased_subjects (
      tenant_id uuid not null references tenants (id) on delete cascade,
      subject_id uuid not null,
      request_id uuid not null,
      erased_at timestamptz not null,
      ${kept},
      primary key (tenant_id, subject_id)
    );
  `);
  for (const table of tables) await guardTenantTable(knex, table);
}

export async function down(knex: Knex): Promise<void> {
  for (const table of tables.toReversed()) await knex.raw(`drop table ${table}`);
}
