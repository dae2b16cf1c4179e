import type { Knex } from 'knex';
import { forgetTenants, rememberTenants } from '../support/tenant-statistics.ts';

const tables = ['subject_keys', 'blind_indexes'];

/** Keys and indexes are found by their whole key, also those of a school that has just come. */
export async function up(knex: Knex): Promise<void> {
  await forgetTenants(knex, tables);
}

export async function down(knex: Knex): Promise<void> {
  await rememberTenants(knex, tables);
}
