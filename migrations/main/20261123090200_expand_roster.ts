import type { Knex } from 'knex';
import { guardTenantTable } from '../support/tenant-table.ts';

const tables = ['org_units', 'classes', 'enrollments', 'guardianships', 'roster_imports', 'uploads', 'sealed_inputs'];

/** What a roster describes, beside people. `source_id` is the school's own id of a thing that is not a person. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table org_units (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      source_id text not null,
      parent_source_id text,
      name text not null,
      kind text not null,
      status text not null default 'active',
      roster_import_id uuid,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id),
      unique (tenant_id, source_id)
    );
    create table classes (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      source_id text not null,
      org_unit_id uuid,
      title text not null,
      subject text,
      status text not null default 'active',
      roster_import_id uuid,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id),
      unique (tenant_id, source_id),
      foreign key (tenant_id, org_unit_id) references org_units (tenant_id, id) on delete set null (org_unit_id)
    );
    create table enrollments (
      tenant_id uuid not null references tenants (id) on delete cascade,
      class_id uuid not null,
      person_id uuid not null,
      role text not null,
      status text not null default 'active',
      roster_import_id uuid,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, class_id, person_id, role),
      foreign key (tenant_id, class_id) references classes (tenant_id, id) on delete cascade,
      foreign key (tenant_id, person_id) references people (tenant_id, id) on delete cascade
    );
    create index enrollments_person_idx on enrollments (tenant_id, person_id);
    create table guardianships (
      tenant_id uuid not null references tenants (id) on delete cascade,
      guardian_id uuid not null,
      child_id uuid not null,
      relationship text not null,
      status text not null default 'active',
      roster_import_id uuid,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, guardian_id, child_id),
      foreign key (tenant_id, guardian_id) references people (tenant_id, id) on delete cascade,
      foreign key (tenant_id, child_id) references people (tenant_id, id) on delete cascade
    );
    create index classes_org_unit_idx on classes (tenant_id, org_unit_id);
    create index guardianships_child_idx on guardianships (tenant_id, child_id);
    create table uploads (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      kind text not null,
      status text not null default 'stored',
      bucket text not null,
      object_key text not null,
      size_bytes bigint not null,
      sha256 text not null,
      created_by uuid not null,
      expires_at timestamptz not null,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id)
    );
    create table sealed_inputs (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      sealed bytea not null,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id)
    );
    create table roster_imports (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      run_id uuid not null,
      format text not null,
      status text not null default 'running',
      counts jsonb not null default '{}',
      report_key text,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id)
    );
  `);
  for (const table of tables) await guardTenantTable(knex, table);
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['roster_imports', 'sealed_inputs', 'uploads', 'guardianships', 'enrollments', 'classes', 'org_units'])
    await knex.raw(`drop table ${table}`);
}
