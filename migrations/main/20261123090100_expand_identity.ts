import type { Knex } from 'knex';
import { guardTenantTable, touchOnUpdate } from '../support/tenant-table.ts';

// Written out, not imported: a merged migration does not change when the domain does.
const platformOnly = `role not in ('super_admin', 'ops', 'compliance') or tenant_id = '00000000-0000-7000-8000-000000000000'`;

/**
 * An account logs in (platform-wide); a person is a tenant's data subject; a membership joins them with a role.
 * bytea columns named like a PII type hold ciphertext only. The keys, and all that can look a person up, are in the keyring.
 * A session hangs on one membership of its own account, and ends with it. A platform role exists in the platform tenant only.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table accounts (
      id uuid primary key,
      status text not null default 'active',
      login bytea,
      password_hash text,
      time_zone text not null default 'UTC',
      locale text not null default 'en',
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create table people (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      status text not null default 'active',
      source text not null,
      roles text[] not null default '{}',
      grade text,
      locale text,
      display_name bytea,
      given_name bytea,
      middle_name bytea,
      family_name bytea,
      username bytea,
      email bytea,
      phone bytea,
      address bytea,
      date_of_birth bytea,
      government_id bytea,
      student_number bytea,
      roblox_user_id bytea,
      location bytea,
      billing_identity bytea,
      guardian_contact bytea,
      roster_import_id uuid,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id)
    );
    create table memberships (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      account_id uuid not null references accounts (id) on delete cascade,
      person_id uuid,
      role text not null,
      status text not null default 'active',
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id),
      unique (tenant_id, account_id, role),
      unique (account_id, id),
      foreign key (tenant_id, person_id) references people (tenant_id, id) on delete cascade,
      check (${platformOnly})
    );
    create index memberships_person_idx on memberships (tenant_id, person_id);
    create table invitations (
      id uuid not null,
      tenant_id uuid not null references tenants (id) on delete cascade,
      person_id uuid not null,
      role text not null,
      status text not null default 'pending',
      run_id uuid,
      expires_at timestamptz not null,
      sent_at timestamptz,
      accepted_at timestamptz,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      primary key (tenant_id, id),
      unique (tenant_id, person_id, role),
      foreign key (tenant_id, person_id) references people (tenant_id, id) on delete cascade,
      check (${platformOnly})
    );
    create table sessions (
      id uuid primary key,
      account_id uuid not null references accounts (id) on delete cascade,
      membership_id uuid not null,
      ip_address bytea,
      device_id bytea,
      expires_at timestamptz not null,
      revoked_at timestamptz,
      revoked_reason text,
      created_at timestamptz not null default now(),
      foreign key (account_id, membership_id) references memberships (account_id, id) on delete cascade
    );
    create index sessions_membership_idx on sessions (account_id, membership_id);
    create table refresh_tokens (
      id uuid primary key,
      session_id uuid not null references sessions (id) on delete cascade,
      token_hash bytea not null unique,
      expires_at timestamptz not null,
      used_at timestamptz,
      created_at timestamptz not null default now()
    );
    create index refresh_tokens_session_idx on refresh_tokens (session_id);
  `);
  // Signing in reads an account's own memberships before any tenant is chosen.
  const ownAccount = `account_id = nullif(current_setting('app.account_id', true), '')::uuid`;
  await touchOnUpdate(knex, 'accounts');
  await guardTenantTable(knex, 'people');
  await guardTenantTable(knex, 'memberships', { alsoVisible: ownAccount });
  await guardTenantTable(knex, 'invitations');
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['refresh_tokens', 'sessions', 'invitations', 'memberships', 'people', 'accounts'])
    await knex.raw(`drop table ${table}`);
}
