import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { startSandbox } from '../../sandboxes/support/start.ts';
import type { Sandbox } from '../../sandboxes/support/start.ts';
import { until } from '../support/until.ts';
import { stripeAt } from './support/clients.ts';
import { startReceiver } from './support/receiver.ts';
import type { Receiver } from './support/receiver.ts';

const wanted = ['customer.created', 'customer.updated', 'payment_method.attached'] as const;

describe('webhooks of the Stripe sandbox', () => {
  let sandbox: Sandbox;
  let receiver: Receiver;
  let stripe: Stripe;
  let secret: string;

  beforeEach(async () => {
    sandbox = await startSandbox('stripe', { webhookRetryMs: [20, 20, 20] });
    receiver = await startReceiver();
    stripe = stripeAt(sandbox.url);
    secret = (await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: [...wanted] })).secret ?? '';
  });
  afterEach(async () => {
    receiver.stop();
    await sandbox.stop();
  });

  const events = () =>
    receiver.received.map(({ headers, body }) => stripe.webhooks.constructEvent(body, headers['stripe-signature'] ?? '', secret));

  it('are signed so that the SDK takes them, and only the wanted types come', async () => {
    const { id } = await stripe.customers.create({ name: 'Acme' });
    await stripe.products.create({ name: 'School' });
    await stripe.customers.update(id, { name: 'Acme School' });
    await until(() => receiver.received.length === 2);
    const [created, updated] = events();
    assert.deepEqual([created?.type, updated?.type], ['customer.created', 'customer.updated']);
    assert.deepEqual(updated?.data.previous_attributes, { name: 'Acme' });
    const [first] = receiver.received;
    assert.throws(
      () => stripe.webhooks.constructEvent(`${first?.body} `, first?.headers['stripe-signature'] ?? '', secret),
      /No signatures found/,
    );
  });

  it('come again until they are answered well, and the event then waits for none', async () => {
    receiver.answerWith(500);
    await stripe.customers.create({ name: 'Acme' });
    await until(() => receiver.received.length === 2);
    receiver.answerWith(200);
    await until(async () => (await stripe.events.list({ delivery_success: true, type: 'customer.created' })).data.length === 1);
    assert.equal(new Set(events().map(({ id }) => id)).size, 1);
  });

  it('come twice when a fault says so', async () => {
    await sandbox.control.addFault({ kind: 'duplicate-webhook', event: 'customer.*' });
    await stripe.customers.create({ name: 'Acme' });
    await until(() => receiver.received.length === 2);
    assert.equal(events()[0]?.id, events()[1]?.id);
  });

  it('come in order, and the other way round when a fault says so', async () => {
    const types = () => events().map(({ type }) => type);
    await stripe.customers.create({ payment_method: 'pm_card_visa' });
    await until(() => receiver.received.length === 2);
    assert.deepEqual(types(), ['customer.created', 'payment_method.attached']);
    await sandbox.control.addFault({ kind: 'reorder-webhooks', event: 'customer.*' });
    await stripe.customers.create({ payment_method: 'pm_card_visa' });
    await until(() => receiver.received.length === 4);
    assert.deepEqual(types().slice(2), ['payment_method.attached', 'customer.created']);
  });

  const create = async (count: number) => {
    const made = await Promise.all(Array.from({ length: count }, (_, number) => stripe.customers.create({ name: `School ${number}` })));
    return made.map(({ id }) => id);
  };
  const customers = () => events().map(({ data }) => (data.object as Stripe.Customer).id);

  it('come later when a fault says so, and never when another does: such an event waits for good', async () => {
    await sandbox.control.addFault({ kind: 'drop-webhook', event: 'customer.created' });
    await sandbox.control.addFault({ kind: 'delay-webhook', event: 'payment_method.attached', delayMs: 100 });
    const { id } = await stripe.customers.create({ payment_method: 'pm_card_visa' });
    await stripe.customers.update(id, { name: 'Acme' });
    await until(() => receiver.received.length === 2);
    assert.deepEqual(
      events().map(({ type }) => type),
      ['customer.updated', 'payment_method.attached'],
    );
    const undelivered = await stripe.events.list({ delivery_success: false, types: [...wanted] });
    assert.deepEqual(
      undelivered.data.map(({ type, pending_webhooks }) => [type, pending_webhooks]),
      [['customer.created', 1]],
    );
  });

  it('come in an order of chance when a fault says so, the same for the same seed', async () => {
    const shuffled = async (seed: number) => {
      receiver.received.length = 0;
      await sandbox.control.addFault({ kind: 'shuffle-webhooks', seed });
      await stripe.customers.create({ payment_method: 'pm_card_visa' });
      await until(() => receiver.received.length === 2);
      return events().map(({ type }) => type);
    };
    const orders: string[] = [];
    for (const seed of [1, 2, 3, 4]) orders.push((await shuffled(seed)).join());
    assert.equal((await shuffled(1)).join(), orders[0]);
    assert.equal(new Set(orders).size, 2, 'each order comes up');
  });

  it('come to each endpoint, and an endpoint’s secret is told once', async () => {
    const other = await startReceiver();
    const made = await stripe.webhookEndpoints.create({ url: other.url, enabled_events: ['*'] });
    assert.match(made.secret ?? '', /^whsec_/);
    assert.equal((await stripe.webhookEndpoints.retrieve(made.id)).secret, undefined);
    const { id } = await stripe.customers.create({ name: 'Acme' });
    await until(() => receiver.received.length === 1 && other.received.length === 1);
    await until(async () => (await stripe.events.list({ type: 'customer.created', limit: 1 })).data[0]?.pending_webhooks === 0);
    assert.deepEqual(customers(), [id]);
    other.stop();
  });

  it('come by the hundred in a second', async function () {
    this.timeout(30_000);
    await create(500);
    const began = process.cpuUsage();
    const before = receiver.received.length;
    await until(() => receiver.received.length === 500, 25_000);
    const seconds = process.cpuUsage(began).user / 1e6;
    assert.ok(seconds < 1.5, `${500 - before} took ${seconds} s`);
    assert.equal(new Set(customers()).size, 500);
  });
});
