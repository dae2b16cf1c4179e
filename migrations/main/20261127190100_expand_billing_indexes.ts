import type { Knex } from 'knex';

// An index is made beside the writers of a table that is in use, which no transaction may.
export const config = { transaction: false };

/** Schools are found by Stripe's customer, events by when they were dealt with. What a cut-off attempt left is made anew. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('drop index concurrently if exists tenants_stripe_customer_idx');
  await knex.raw(
    'create index concurrently tenants_stripe_customer_idx on tenants (stripe_customer_id) where stripe_customer_id is not null',
  );
  await knex.raw('drop index concurrently if exists webhook_events_done_idx');
  await knex.raw(
    'create index concurrently webhook_events_done_idx on webhook_events (tenant_id, vendor, done_at) where done_at is not null',
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop index concurrently if exists webhook_events_done_idx');
  await knex.raw('drop index concurrently if exists tenants_stripe_customer_idx');
}
