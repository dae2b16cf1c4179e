import type { Knex } from 'knex';

/** Of all schools together, money is counted: a scope of its own reads invoices and payments, which name nobody, and writes nothing. */
const totals = `current_setting('app.scope', true) = 'totals'`;

/**
 * The platform's figures over all schools. An invoice says how far it has brought its school down, so that paying one does not give back what another has taken; a payment, what became of it
 * when its payer disputed it.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create policy invoices_totals on invoices for select using (${totals});
    create policy payments_totals on payments for select using (${totals});
    alter table invoices add column access_level text;
    alter table payments
      add column network_advice_code text,
      add column dispute_status text,
      add column dispute_reason text,
      add column disputed_minor bigint,
      add column dispute_due_at timestamptz;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table payments
      drop column network_advice_code, drop column dispute_status, drop column dispute_reason, drop column disputed_minor,
      drop column dispute_due_at;
    alter table invoices drop column access_level;
    drop policy payments_totals on payments;
    drop policy invoices_totals on invoices;
  `);
}
