import type { Knex } from 'knex';
import { forgetTenants, rememberTenants } from '../support/tenant-statistics.ts';

const tables = ['people', 'org_units', 'classes', 'enrollments', 'guardianships'];

/** What is imported from rosters is found by its whole key, also in a school that has just come. */
export async function up(knex: Knex): Promise<void> {
  await forgetTenants(knex, tables);
}

export async function down(knex: Knex): Promise<void> {
  await rememberTenants(knex, tables);
}
