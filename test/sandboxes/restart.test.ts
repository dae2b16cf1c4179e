import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Stripe from 'stripe';
import { startSandbox } from '../../sandboxes/support/start.ts';
import type { Sandbox } from '../../sandboxes/support/start.ts';
import { until } from '../support/until.ts';
import { stripeAt } from './support/clients.ts';

describe('a sandbox with a data directory', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'sandbox-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  async function running<T>(act: (sandbox: Sandbox) => Promise<T>): Promise<T> {
    const sandbox = await startSandbox('stripe', { dataDir });
    try {
      return await act(sandbox);
    } finally {
      await sandbox.stop();
    }
  }
  const journal = () => join(dataDir, 'journal.ndjson');
  const create = (sandbox: Sandbox, name: string) =>
    stripeAt(sandbox.url).customers.create({ name }, { idempotencyKey: `customer:${name}` });

  it('has its objects, keys, ledger and clock again after a restart', async () => {
    const made = await running(async (sandbox) => {
      await sandbox.control.clock({ now: '2030-01-01T00:00:00Z', freeze: true });
      return create(sandbox, 'Acme');
    });
    await running(async (sandbox) => {
      const again = await create(sandbox, 'Acme');
      assert.equal(again.id, made.id);
      assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
      assert.equal((await sandbox.control.ledger()).length, 1);
      assert.equal(again.created, Date.UTC(2030, 0, 1) / 1000);
      assert.deepEqual(await sandbox.control.clock(), { now: '2030-01-01T00:00:00.000Z', frozen: true });
    });
  });

  it('drops the half-written line of a killed process and keeps what was answered', async () => {
    const made = await running((sandbox) => create(sandbox, 'Acme'));
    appendFileSync(journal(), '[["customers","cus_half",{"id":"cus_');
    await running(async (sandbox) => {
      const { data } = await stripeAt(sandbox.url).customers.list();
      assert.deepEqual(
        data.map(({ id }) => id),
        [made.id],
      );
      await create(sandbox, 'Other');
    });
    await running(async (sandbox) => assert.equal((await stripeAt(sandbox.url).customers.list()).data.length, 2));
  });

  it('does not start on a journal damaged before its end', async () => {
    await running((sandbox) => create(sandbox, 'Acme'));
    appendFileSync(journal(), 'nonsense\n[]\n');
    await assert.rejects(startSandbox('stripe', { dataDir }), /damaged before its last line/);
  });

  it('keeps a journal no longer than its state', async () => {
    await running(async (sandbox) => {
      const { id } = await create(sandbox, 'Acme');
      for (const phone of ['1', '2', '3', '4']) await stripeAt(sandbox.url).customers.update(id, { phone });
    });
    const grown = readFileSync(journal()).length;
    await running(async () => undefined);
    assert.ok(readFileSync(journal()).length < grown);
  });

  it('is empty after a reset, and after a restart then', async () => {
    await running(async (sandbox) => {
      await create(sandbox, 'Acme');
      await sandbox.control.reset();
    });
    await running(async (sandbox) =>
      assert.deepEqual([(await stripeAt(sandbox.url).customers.list()).data, await sandbox.control.ledger()], [[], []]),
    );
  });

  it('goes on with what falls due, and says nothing twice', async () => {
    const id = await running(async (sandbox) => {
      await sandbox.control.clock({ now: '2027-01-01T12:00:00Z', freeze: true });
      const stripe = stripeAt(sandbox.url);
      const { id: customer } = await stripe.customers.create({ payment_method: 'pm_card_visa' });
      const [card] = (await stripe.paymentMethods.list({ customer })).data;
      const { id: product } = await stripe.products.create({ name: 'School' });
      const { id: price } = await stripe.prices.create({ product, currency: 'usd', unit_amount: 100, recurring: { interval: 'month' } });
      const { id } = await stripe.subscriptions.create({
        customer,
        items: [{ price }],
        trial_period_days: 10,
        default_payment_method: card?.id ?? '',
      });
      await sandbox.control.clock({ now: '2027-01-09T12:00:00Z' });
      return id;
    });
    await running(async (sandbox) => {
      const stripe = stripeAt(sandbox.url);
      await sandbox.control.clock({ now: '2027-01-12T12:00:00Z' });
      const { latest_invoice: invoice, status } = await stripe.subscriptions.retrieve(id, { expand: ['latest_invoice'] });
      assert.deepEqual([status, (invoice as Stripe.Invoice).status], ['active', 'paid']);
      assert.equal((await stripe.events.list({ type: 'customer.subscription.trial_will_end' })).data.length, 1);
    });
  });

  it('finishes the move of a test clock that it was stopped in', async () => {
    const clock = await running(async (sandbox) => {
      const stripe = stripeAt(sandbox.url);
      const { id } = await stripe.testHelpers.testClocks.create({ frozen_time: 1_800_000_000 });
      return stripe.testHelpers.testClocks.advance(id, { frozen_time: 1_800_100_000 });
    });
    await running(async (sandbox) => {
      const { testClocks } = stripeAt(sandbox.url).testHelpers;
      await until(async () => (await testClocks.retrieve(clock.id)).status === 'ready');
      assert.equal((await testClocks.retrieve(clock.id)).frozen_time, 1_800_100_000);
    });
  });
});
