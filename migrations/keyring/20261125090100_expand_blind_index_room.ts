import type { Knex } from 'knex';

/**
 * Nearly every row is changed once, soon after it was written, when the digest of what a person was made from is noted. With room for
 * the new row on the same page neither index has to be touched then.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table blind_indexes set (fillfactor = 50)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table blind_indexes reset (fillfactor)');
}
