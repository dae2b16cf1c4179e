import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { useSandbox } from '../support/sandbox.ts';
import { stripeAt } from './support/clients.ts';
import { latestInvoice, monthlyPrice, start, travel } from './support/travel.ts';

const january = 31;
/** Half of January: the rest of the period is worth half. */
const middle = january / 2;

describe('changes of subscriptions in the Stripe sandbox', () => {
  const sandbox = useSandbox('stripe');
  let stripe: Stripe;
  let small: string;
  let large: string;
  before(() => {
    stripe = stripeAt(sandbox.url);
  });
  beforeEach(async () => {
    await sandbox.control.reset();
    small = await monthlyPrice(stripe, 1_000);
    large = await monthlyPrice(stripe, 3_000);
  });

  async function subscribed() {
    const { customer, to, attach } = await travel(stripe, 'pm_card_visa');
    const { id, items } = await stripe.subscriptions.create({ customer, items: [{ price: small, quantity: 2 }] });
    await to(middle);
    return { id, customer, to, attach, item: items.data[0]?.id ?? '' };
  }
  const amounts = ({ lines }: Stripe.Invoice) => lines.data.map(({ amount }) => amount);

  it('are worth the rest of the period, on the next invoice', async () => {
    const { id, customer, to, item } = await subscribed();
    await stripe.subscriptions.update(id, { items: [{ id: item, quantity: 3 }] });
    const { data } = await stripe.invoiceItems.list({ customer, pending: true });
    assert.deepEqual(
      data.map(({ amount, proration, description }) => [amount, proration, description]),
      [
        [1_500, true, 'Remaining time on 3 × School after 17 Jan 2027'],
        [-1_000, true, 'Unused time on 2 × School after 17 Jan 2027'],
      ],
    );
    await to(january + 1);
    const invoice = await latestInvoice(stripe, id);
    assert.deepEqual([amounts(invoice), invoice.total, invoice.status], [[3_000, -1_000, 1_500], 3_500, 'paid']);
    assert.deepEqual((await stripe.invoiceItems.list({ customer, pending: true })).data, []);
  });

  it('are billed at once when asked to, and put past due when that fails', async () => {
    const { id, item, attach } = await subscribed();
    await stripe.subscriptions.update(id, { items: [{ id: item, price: large, quantity: 2 }], proration_behavior: 'always_invoice' });
    const paid = await latestInvoice(stripe, id);
    assert.deepEqual([amounts(paid), paid.billing_reason, paid.status], [[-1_000, 3_000], 'subscription_update', 'paid']);
    await attach('pm_card_toolbox_insufficient_funds');
    const more: Stripe.SubscriptionUpdateParams = { items: [{ id: item, quantity: 4 }], proration_behavior: 'always_invoice' };
    await assert.rejects(stripe.subscriptions.update(id, { ...more, payment_behavior: 'error_if_incomplete' }), { statusCode: 402 });
    assert.equal((await stripe.subscriptions.retrieve(id)).items.data[0]?.quantity, 2);
    assert.equal((await stripe.subscriptions.update(id, more)).status, 'past_due');
  });

  it('that cost less leave a credit, which the next invoice uses up', async () => {
    const { id, customer, item, to } = await subscribed();
    await stripe.subscriptions.update(id, { items: [{ id: item, quantity: 1 }], proration_behavior: 'always_invoice' });
    const credit = await latestInvoice(stripe, id);
    assert.deepEqual([credit.total, credit.amount_due, credit.status, credit.ending_balance], [-500, 0, 'paid', -500]);
    await to(january + 1);
    const renewal = await latestInvoice(stripe, id);
    assert.deepEqual([renewal.total, renewal.amount_paid, renewal.starting_balance, renewal.ending_balance], [1_000, 500, -500, 0]);
    const left = await stripe.customers.retrieve(customer);
    assert.ok(!left.deleted && left.balance === 0);
  });

  it('to another interval begin a new period, billed at once', async () => {
    const { id, item } = await subscribed();
    const { id: product } = await stripe.products.create({ name: 'School' });
    const yearly = await stripe.prices.create({ product, currency: 'usd', unit_amount: 10_000, recurring: { interval: 'year' } });
    const after = await stripe.subscriptions.update(id, { items: [{ id: item, price: yearly.id }] });
    const now = start + middle * 86_400;
    assert.deepEqual([after.billing_cycle_anchor, after.items.data[0]?.current_period_start], [now, now]);
    assert.deepEqual(amounts(await latestInvoice(stripe, id)), [10_000, -1_000]);
  });

  it('cost nothing when nothing is to be prorated', async () => {
    const { id, customer, item } = await subscribed();
    await stripe.subscriptions.update(id, { items: [{ id: item, quantity: 9 }], proration_behavior: 'none' });
    assert.deepEqual((await stripe.invoiceItems.list({ customer })).data, []);
  });

  it('are shown before they are made, as they come to be', async () => {
    const { id, customer, item } = await subscribed();
    const items = [{ id: item, price: large, quantity: 2 }];
    const next = await stripe.invoices.createPreview({ subscription: id, subscription_details: { items } });
    assert.deepEqual([amounts(next), next.total, next.status], [[6_000, -1_000, 3_000], 8_000, 'draft']);
    const now = await stripe.invoices.createPreview({
      subscription: id,
      subscription_details: { items, proration_behavior: 'always_invoice' },
    });
    assert.deepEqual(amounts(now), [-1_000, 3_000]);
    assert.deepEqual((await stripe.invoiceItems.list({ customer })).data, []);
    await stripe.subscriptions.update(id, { items, proration_behavior: 'always_invoice' });
    assert.deepEqual(amounts(await latestInvoice(stripe, id)), amounts(now));
    const first = await stripe.invoices.createPreview({ customer, subscription_details: { items: [{ price: small, quantity: 5 }] } });
    assert.deepEqual(amounts(first), [5_000]);
  });

  it('are shown of an end at once: what was paid for and is not used, unless nothing is to be prorated', async () => {
    const { id } = await subscribed();
    const ended = (more: object = {}) =>
      stripe.invoices.createPreview({ subscription: id, subscription_details: { cancel_now: true, ...more } });
    assert.deepEqual([amounts(await ended()), (await ended()).amount_due], [[-1_000], 0]);
    assert.deepEqual(amounts(await ended({ proration_behavior: 'none' })), []);
    assert.equal((await stripe.subscriptions.retrieve(id)).status, 'active');
  });

  it('end a trial at once', async () => {
    const { customer } = await travel(stripe, 'pm_card_visa');
    const { id } = await stripe.subscriptions.create({ customer, items: [{ price: small }], trial_period_days: 30 });
    const { status } = await stripe.subscriptions.update(id, { trial_end: 'now' });
    assert.deepEqual([status, (await latestInvoice(stripe, id)).amount_paid], ['active', 1_000]);
  });

  it('item by item', async () => {
    const { id, customer, item } = await subscribed();
    const added = await stripe.subscriptionItems.create({ subscription: id, price: large });
    await stripe.subscriptionItems.update(item, { quantity: 3, proration_behavior: 'none' });
    await stripe.subscriptionItems.del(added.id);
    const { data } = await stripe.subscriptionItems.list({ subscription: id });
    assert.deepEqual(
      data.map((one) => [one.id, one.quantity]),
      [[item, 3]],
    );
    const { data: waiting } = await stripe.invoiceItems.list({ customer });
    assert.deepEqual(
      waiting.map(({ amount }) => amount),
      [-1_500, 1_500],
    );
  });

  it('pause a collection, by drafts that stay', async () => {
    const { id, to } = await subscribed();
    await stripe.subscriptions.update(id, { pause_collection: { behavior: 'keep_as_draft' } });
    await to(january + 1);
    const kept = await latestInvoice(stripe, id);
    assert.deepEqual([kept.status, kept.auto_advance], ['draft', false]);
    await stripe.subscriptions.update(id, { pause_collection: { behavior: 'void' } });
    await to(january + 29);
    assert.equal((await latestInvoice(stripe, id)).status, 'void');
  });

  it('resume what was paused', async () => {
    const { customer, to, attach } = await travel(stripe);
    const { id } = await stripe.subscriptions.create({
      customer,
      items: [{ price: small }],
      trial_period_days: 5,
      trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
    });
    await to(6);
    await attach('pm_card_visa');
    assert.equal((await stripe.subscriptions.resume(id)).status, 'active');
  });

  it('credit what was not used when a subscription is canceled so', async () => {
    const { id } = await subscribed();
    await stripe.subscriptions.cancel(id, { prorate: true, invoice_now: true });
    assert.equal((await latestInvoice(stripe, id)).ending_balance, -1_000);
  });
});
