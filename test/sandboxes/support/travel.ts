import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { until } from '../../support/until.ts';

const daySeconds = 86_400;
/** 1 January 2027, noon. */
export const start = Date.UTC(2027, 0, 1, 12) / 1000;

export interface Travel {
  readonly customer: string;
  /** Moves the test clock to so many days after the start, and waits until it is there. */
  to(days: number): Promise<void>;
  attach(card: string): Promise<string>;
}

/** A customer on a test clock of their own, with a card (a test card's id) as default when one is given. */
export async function travel(stripe: Stripe, card?: string): Promise<Travel> {
  const { id: clock } = await stripe.testHelpers.testClocks.create({ frozen_time: start });
  const { id: customer } = await stripe.customers.create({ test_clock: clock });
  const attach = async (id: string) => {
    const method = await stripe.paymentMethods.attach(id, { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method.id } });
    return method.id;
  };
  if (card !== undefined) await attach(card);
  return {
    customer,
    attach,
    async to(days) {
      await stripe.testHelpers.testClocks.advance(clock, { frozen_time: start + days * daySeconds });
      await until(async () => (await stripe.testHelpers.testClocks.retrieve(clock)).status === 'ready', 30_000);
    },
  };
}

export async function monthlyPrice(stripe: Stripe, unit_amount = 1_000): Promise<string> {
  const { id: product } = await stripe.products.create({ name: 'School' });
  return (await stripe.prices.create({ product, currency: 'usd', unit_amount, recurring: { interval: 'month' } })).id;
}

/** The newest invoice of a subscription, with its payments. */
export async function latestInvoice(stripe: Stripe, id: string): Promise<Stripe.Invoice> {
  const { latest_invoice: latest } = await stripe.subscriptions.retrieve(id);
  assert.ok(typeof latest === 'string');
  return stripe.invoices.retrieve(latest, { expand: ['payments.data.payment.payment_intent'] });
}

/** The types of the events since a point, oldest first, but those of the clock itself. */
export async function eventTypes(stripe: Stripe, since: string | undefined): Promise<string[]> {
  const all = await stripe.events.list({ limit: 100, ...(since ? { ending_before: since } : {}) }).autoPagingToArray({ limit: 1_000 });
  const oldestFirst = since === undefined ? all.toReversed() : all;
  return oldestFirst.map(({ type }) => type as string).filter((type) => !type.startsWith('test_helpers.'));
}

export async function lastEvent(stripe: Stripe): Promise<string | undefined> {
  return (await stripe.events.list({ limit: 1 })).data[0]?.id;
}
