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
});
