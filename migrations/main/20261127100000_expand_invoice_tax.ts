import type { Knex } from 'knex';

/** The tax of a bill, as Stripe worked it out. Null for bills that were read before. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table invoices add column tax_minor bigint');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('alter table invoices drop column tax_minor');
}
