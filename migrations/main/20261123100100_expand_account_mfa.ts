import type { Knex } from 'knex';
import { touchOnUpdate } from '../support/tenant-table.ts';

/** The second factor of an account. The secret is sealed under the account's key; of recovery codes only SHA-256 digests are kept. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table account_mfa (
      account_id uuid primary key references accounts (id) on delete cascade,
      totp_secret bytea not null,
      recovery_hashes text[] not null default '{}',
      confirmed_at timestamptz,
      last_step bigint not null default 0,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    )`);
  await touchOnUpdate(knex, 'account_mfa');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table account_mfa');
}
