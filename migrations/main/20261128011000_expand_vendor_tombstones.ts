import type { Knex } from 'knex';

/** Until when a vendor keeps what it has erased for us, by the vendor's clock; null where it keeps nothing. The erasure is final no earlier. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table privacy_receipts add column kept_until timestamptz');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table privacy_receipts drop column kept_until');
}
