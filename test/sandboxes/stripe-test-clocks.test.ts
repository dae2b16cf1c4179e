import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { useSandbox } from '../support/sandbox.ts';
import { until } from '../support/until.ts';
import { stripeAt } from './support/clients.ts';
import { monthlyPrice, start, travel } from './support/travel.ts';

const hour = 3_600;
const january = 31;

describe('test clocks of the Stripe sandbox', () => {
  const sandbox = useSandbox('stripe');
  let stripe: Stripe;
  let price: string;
  before(() => {
    stripe = stripeAt(sandbox.url);
  });
  beforeEach(async () => {
    await sandbox.control.reset();
    price = await monthlyPrice(stripe);
  });

  const subscribe = (customer: string) => stripe.subscriptions.create({ customer, items: [{ price }] });

  it('go forward only, and two periods at most', async () => {
    const { customer, to } = await travel(stripe, 'pm_card_visa');
    await assert.rejects(to(0), { param: 'frozen_time' });
    await subscribe(customer);
    await assert.rejects(to(70), { param: 'frozen_time' });
    await to(60);
  });

  it('are told as advancing until all is done, and their objects are locked', async () => {
    const { customer } = await travel(stripe, 'pm_card_visa');
    for (const _ of Array.from({ length: 100 })) await subscribe(customer);
    const [clock] = (await stripe.testHelpers.testClocks.list()).data;
    const target = start + 40 * 24 * hour;
    const moving = await stripe.testHelpers.testClocks.advance(clock?.id ?? '', { frozen_time: target });
    assert.deepEqual([moving.status, moving.status_details.advancing?.target_frozen_time], ['advancing', target]);
    await assert.rejects(stripe.customers.update(customer, { name: 'A' }), { statusCode: 429, code: 'lock_timeout' });
    await until(async () => (await stripe.testHelpers.testClocks.retrieve(moving.id)).status === 'ready');
    assert.equal((await stripe.testHelpers.testClocks.retrieve(moving.id)).frozen_time, target);
  });

  it('are their objects’ alone', async () => {
    const { customer, to } = await travel(stripe, 'pm_card_visa');
    const other = await stripe.customers.create({ name: 'Other' });
    await to(100);
    const invoice = await stripe.invoiceItems.create({ customer, amount: 1, currency: 'usd' });
    assert.equal(invoice.date, start + 100 * 24 * hour);
    assert.ok(Math.abs((await stripe.customers.update(other.id, { name: 'B' })).created - Date.now() / 1000) < 60);
    assert.deepEqual(
      (await stripe.customers.list()).data.map(({ id }) => id),
      [other.id],
    );
  });

  it('take a thousand subscriptions through a month quickly', async function () {
    this.timeout(60_000);
    const { customer, to } = await travel(stripe, 'pm_card_visa');
    for (const _ of Array.from({ length: 50 })) await Promise.all(Array.from({ length: 20 }, () => subscribe(customer)));
    // The time this process worked: how long it waited is the machine's affair.
    const began = process.cpuUsage();
    await to(january + 1);
    const seconds = process.cpuUsage(began).user / 1e6;
    assert.equal((await stripe.invoices.list({ customer, created: { gt: start }, status: 'paid', limit: 100 })).has_more, true);
    assert.ok(seconds < 5, `it took ${seconds} s`);
  });
});
