import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { until } from '../../support/until.ts';

/** A customer on a test clock, through trial, renewal and failure. */
export async function time(stripe: Stripe, price: string): Promise<void> {
  const start = Math.floor(Date.now() / 1000);
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: start, name: 'Acme' });
  const { id: customer } = await stripe.customers.create({ test_clock: clock.id, name: 'Acme' });
  const { id: method } = await stripe.paymentMethods.attach('pm_card_toolbox_insufficient_funds_then_ok_1', { customer });
  const subscription = await stripe.subscriptions.create({
    customer,
    items: [{ price }],
    trial_period_days: 14,
    default_payment_method: method,
  });
  const paused = await stripe.subscriptions.create({
    customer: (await stripe.customers.create({ test_clock: clock.id })).id,
    items: [{ price }],
    trial_period_days: 1,
    trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
  });
  const advance = async (days: number) => {
    await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: start + days * 86_400 });
    await until(async () => (await stripe.testHelpers.testClocks.retrieve(clock.id)).status === 'ready');
  };
  await advance(15);
  assert.equal((await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice.payments'] })).status, 'past_due');
  await stripe.subscriptions.resume(paused.id, { billing_cycle_anchor: 'now' });
  await advance(60);
  await stripe.customers.list({ test_clock: clock.id });
  await stripe.subscriptions.list({ test_clock: clock.id });
  await stripe.testHelpers.testClocks.list();
  await stripe.testHelpers.testClocks.del(clock.id);
}
