import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { useSandbox } from '../support/sandbox.ts';
import { stripeAt } from './support/clients.ts';

describe('subscriptions and bills of the Stripe sandbox', () => {
  const sandbox = useSandbox('stripe');
  let stripe: Stripe;
  let customer: string;
  let price: string;
  before(() => {
    stripe = stripeAt(sandbox.url);
  });
  beforeEach(async () => {
    await sandbox.control.reset();
    customer = (await stripe.customers.create({ name: 'Acme' })).id;
    price = await priceOf(100);
  });

  async function priceOf(unit_amount: number): Promise<string> {
    const { id: product } = await stripe.products.create({ name: 'School' });
    return (await stripe.prices.create({ product, currency: 'usd', unit_amount, recurring: { interval: 'month' } })).id;
  }
  const subscribe = (more: Partial<Stripe.SubscriptionCreateParams>) =>
    stripe.subscriptions.create({ customer, items: [{ price, quantity: 3 }], ...more });
  const linesOf = ({ items }: Stripe.Subscription) => items.data.map(({ price, quantity }) => [price.id, quantity]);
  const itemOf = ({ items }: Stripe.Subscription) => items.data[0]?.id ?? '';
  const billOf = async ({ latest_invoice: latest }: Stripe.Subscription) => {
    assert.ok(typeof latest === 'string');
    return stripe.invoices.retrieve(latest);
  };

  it('change their items: another price starts again at one, a deleted item goes', async () => {
    const trial = await subscribe({ trial_period_days: 30 });
    const other = await priceOf(200);
    const grown = await stripe.subscriptions.update(trial.id, {
      items: [
        { id: itemOf(trial), quantity: 4 },
        { price: other, quantity: 2 },
      ],
    });
    assert.deepEqual(linesOf(grown), [
      [price, 4],
      [other, 2],
    ]);
    const moved = await stripe.subscriptions.update(trial.id, {
      items: [
        { id: itemOf(trial), price: other },
        { id: grown.items.data[1]?.id ?? '', deleted: true },
      ],
    });
    assert.deepEqual(linesOf(moved), [[other, 1]]);
    await assert.rejects(stripe.subscriptions.update(trial.id, { items: [{ id: 'si_none', quantity: 1 }] }), {
      code: 'resource_missing',
      param: 'items[0][id]',
    });
    const [event] = (await stripe.events.list({ type: 'customer.subscription.updated' })).data;
    assert.ok(event && 'items' in (event.data.previous_attributes ?? {}));
  });

  it('end at the end of their period when asked to, and can be kept', async () => {
    const trial = await subscribe({ trial_period_days: 30 });
    const ending = await stripe.subscriptions.update(trial.id, { cancel_at_period_end: true });
    assert.deepEqual([ending.status, ending.cancel_at], ['trialing', trial.trial_end]);
    const kept = await stripe.subscriptions.update(trial.id, { cancel_at_period_end: false, trial_end: (trial.trial_end ?? 0) + 60 });
    assert.deepEqual([kept.cancel_at, kept.canceled_at, kept.trial_end], [null, null, (trial.trial_end ?? 0) + 60]);
  });

  it('take only metadata once they are canceled', async () => {
    const { id } = await subscribe({ trial_period_days: 30 });
    await stripe.subscriptions.cancel(id);
    assert.deepEqual((await stripe.subscriptions.update(id, { metadata: { a: 'b' } })).metadata, { a: 'b' });
    await assert.rejects(stripe.subscriptions.update(id, { cancel_at_period_end: true }), { statusCode: 400 });
  });

  it('last a month of the calendar: to the last day where the month is shorter', async () => {
    await sandbox.control.clock({ now: '2027-01-31T12:00:00Z', freeze: true });
    const { items } = await subscribe({ collection_method: 'send_invoice', days_until_due: 30 });
    assert.equal(new Date((items.data[0]?.current_period_end ?? 0) * 1000).toISOString(), '2027-02-28T12:00:00.000Z');
  });

  it('are sent a draft of a bill, which is open when finalised', async () => {
    await assert.rejects(subscribe({ collection_method: 'send_invoice' }), { param: 'days_until_due' });
    const bill = await billOf(await subscribe({ collection_method: 'send_invoice', days_until_due: 30 }));
    assert.deepEqual([bill.status, bill.number, bill.total], ['draft', null, 300]);
    const open = await stripe.invoices.finalizeInvoice(bill.id);
    assert.deepEqual([open.status, open.number?.endsWith('-0001')], ['open', true]);
    await assert.rejects(stripe.invoices.finalizeInvoice(bill.id), { statusCode: 400 });
    assert.equal((await stripe.invoices.pay(bill.id, { paid_out_of_band: true })).status, 'paid');
  });

  it('that were never paid expire when canceled, and their bill is void for good', async () => {
    const waiting = await subscribe({ payment_behavior: 'default_incomplete' });
    const open = await billOf(waiting);
    assert.deepEqual([waiting.status, open.status, open.attempt_count], ['incomplete', 'open', 0]);
    assert.equal((await stripe.subscriptions.cancel(waiting.id)).status, 'incomplete_expired');
    assert.equal((await billOf(waiting)).status, 'void');
    await assert.rejects(stripe.invoices.pay(open.id), { statusCode: 400 });
    await assert.rejects(stripe.invoices.voidInvoice(open.id), { statusCode: 400 });
  });

  it('are written off and still paid later', async () => {
    const waiting = await subscribe({ payment_behavior: 'default_incomplete' });
    const { id } = await billOf(waiting);
    assert.equal((await stripe.invoices.markUncollectible(id)).status, 'uncollectible');
    const card = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
    assert.equal((await stripe.invoices.pay(id)).status, 'paid');
    assert.equal((await stripe.subscriptions.retrieve(waiting.id)).status, 'active');
    await assert.rejects(stripe.invoices.markUncollectible(id), { statusCode: 400 });
  });

  it('are not charged to a card that was taken away', async () => {
    const card = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    const other = await stripe.customers.create({});
    await assert.rejects(stripe.paymentMethods.attach(card.id, { customer: other.id }), { code: 'payment_method_unexpected_state' });
    assert.equal((await stripe.customers.listPaymentMethods(customer)).data.length, 1);
    await stripe.paymentMethods.detach(card.id);
    assert.deepEqual((await stripe.paymentMethods.list({ customer })).data, []);
    await assert.rejects(stripe.paymentMethods.detach(card.id), { statusCode: 400 });
    await assert.rejects(subscribe({}), { code: 'resource_missing' });
  });
});
