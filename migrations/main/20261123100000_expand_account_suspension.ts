import type { Knex } from 'knex';

/** Why an account is suspended: a word of ours. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table accounts add column suspended_reason text');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table accounts drop column suspended_reason');
}
