import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { useSandbox } from '../support/sandbox.ts';
import { stripeAt } from './support/clients.ts';

describe('the Stripe sandbox', () => {
  const sandbox = useSandbox('stripe');
  let stripe: Stripe;
  before(() => {
    stripe = stripeAt(sandbox.url);
  });
  beforeEach(() => sandbox.control.reset());

  const monthly = async (unit_amount = 19_900) => {
    const { id: product } = await stripe.products.create({ name: 'School' });
    return stripe.prices.create({ product, currency: 'usd', unit_amount, recurring: { interval: 'month' } });
  };
  const operations = async () => (await sandbox.control.ledger()).map(({ operation }) => operation);

  describe('by idempotency key', () => {
    const create = (name: string, idempotencyKey: string) => stripe.customers.create({ name }, { idempotencyKey });

    it('makes one customer of two equal requests, and says that it repeats itself', async () => {
      const first = await create('Acme', 'customer:1');
      const second = await create('Acme', 'customer:1');
      assert.equal(second.id, first.id);
      assert.deepEqual(
        [first, second].map(({ lastResponse }) => lastResponse.headers['idempotent-replayed']),
        [undefined, 'true'],
      );
      assert.equal((await stripe.customers.list()).data.length, 1);
      assert.deepEqual(await operations(), ['POST /v1/customers']);
    });

    it('refuses the key with other parameters', async () => {
      await create('Acme', 'customer:1');
      await assert.rejects(create('Other', 'customer:1'), { type: 'StripeIdempotencyError', statusCode: 400 });
    });

    it('refuses the key while the first request runs', async () => {
      await sandbox.control.addFault({ kind: 'delay', method: 'POST', path: '/v1/customers', delayMs: 300 });
      const [first, second] = await Promise.allSettled([create('Acme', 'customer:1'), create('Acme', 'customer:1')]);
      const refused = [first, second].find(({ status }) => status === 'rejected');
      assert.ok(refused?.status === 'rejected');
      const { statusCode, code, rawType } = refused.reason as Stripe.errors.StripeError;
      assert.deepEqual([statusCode, code, rawType], [409, 'idempotency_key_in_use', 'idempotency_error']);
      assert.equal((await stripe.customers.list()).data.length, 1);
    });

    it('forgets a request that was not valid, so that the key may be used again', async () => {
      const options = { idempotencyKey: 'price:1' };
      const { id: product } = await stripe.products.create({ name: 'School' });
      await assert.rejects(stripe.prices.create({ product, currency: 'usd', unit_amount: 1.5 }, options), {
        code: 'parameter_invalid_integer',
      });
      assert.equal((await stripe.prices.create({ product, currency: 'usd', unit_amount: 2 }, options)).unit_amount, 2);
    });

    it('repeats a decline for a day, then forgets it', async () => {
      const { id: customer } = await stripe.customers.create({});
      const attach = () => stripe.paymentMethods.attach('pm_card_visa_chargeDeclined', { customer }, { idempotencyKey: 'card:1' });
      const replayed = async () => {
        const refusal = await attach().catch((error: unknown) => error as Stripe.errors.StripeError);
        assert.ok(refusal instanceof Error);
        assert.deepEqual([refusal.statusCode, refusal.code], [402, 'card_declined']);
        return refusal.headers?.['idempotent-replayed'];
      };
      assert.deepEqual([await replayed(), await replayed()], [undefined, 'true']);
      await sandbox.control.clock({ advanceSeconds: 24 * 3600 });
      assert.deepEqual([await replayed(), await replayed()], [undefined, 'true']);
    });
  });

  describe('in its objects', () => {
    it('answers only an object it has, in Stripe’s words', async () => {
      await assert.rejects(stripe.customers.retrieve('cus_none'), {
        statusCode: 404,
        code: 'resource_missing',
        message: "No such customer: 'cus_none'",
      });
      const { id: price } = await monthly();
      await assert.rejects(stripe.subscriptions.create({ customer: 'cus_none', items: [{ price }] }), {
        statusCode: 400,
        code: 'resource_missing',
        param: 'customer',
      });
    });

    it('names a parameter it does not know, and one that lacks', async () => {
      const wrong = { name: 'Acme', colour: 'red' } as Stripe.CustomerCreateParams;
      await assert.rejects(stripe.customers.create(wrong), { code: 'parameter_unknown', param: 'colour' });
      await assert.rejects(stripe.subscriptions.create({ items: [] }), {
        code: 'parameter_missing',
        param: 'customer',
      });
      await assert.rejects(stripe.products.create({ name: '' }), { code: 'parameter_invalid_empty', param: 'name' });
    });

    it('merges metadata, and drops what is set to nothing', async () => {
      const { id } = await stripe.customers.create({ metadata: { a: '1', b: '2' } });
      assert.deepEqual((await stripe.customers.update(id, { metadata: { b: '', c: '3' } })).metadata, { a: '1', c: '3' });
      assert.deepEqual((await stripe.customers.update(id, { metadata: null })).metadata, {});
    });

    it('needs a test key', async () => {
      await assert.rejects(stripeAt(sandbox.url, 'sk_live_x').customers.list(), { type: 'StripeAuthenticationError' });
    });

    it('finds a price by its look-up key, and lets one price have it', async () => {
      const { id: product } = await stripe.products.create({ name: 'School' });
      const price = { product, currency: 'usd', unit_amount: 100, lookup_key: 'school' };
      const first = await stripe.prices.create(price);
      await assert.rejects(stripe.prices.create(price), { param: 'lookup_key' });
      const second = await stripe.prices.create({ ...price, transfer_lookup_key: true });
      const { data } = await stripe.prices.list({ lookup_keys: ['school'] });
      assert.deepEqual(
        data.map(({ id }) => id),
        [second.id],
      );
      assert.equal((await stripe.prices.retrieve(first.id)).lookup_key, null);
    });

    it('tells of events for thirty days, by family and by types', async () => {
      const { id } = await stripe.customers.create({ name: 'Acme' });
      await stripe.customers.update(id, { name: 'Acme School' });
      await stripe.products.create({ name: 'School' });
      const types = async (params: Stripe.EventListParams) => (await stripe.events.list(params)).data.map(({ type }) => type);
      assert.deepEqual(await types({ type: 'customer.*' }), ['customer.updated', 'customer.created']);
      assert.deepEqual(await types({ types: ['product.created', 'customer.created'] }), ['product.created', 'customer.created']);
      const [event] = (await stripe.events.list({ limit: 1 })).data;
      await sandbox.control.clock({ advanceSeconds: 31 * 86_400 });
      assert.deepEqual(await types({}), []);
      await assert.rejects(stripe.events.retrieve(event?.id ?? ''), { statusCode: 404 });
      await sandbox.control.clock({ advanceSeconds: -31 * 86_400 });
    });

    it('pages newest first, both ways, and the client walks through', async () => {
      const made: string[] = [];
      for (const name of ['a', 'b', 'c', 'd', 'e']) made.unshift((await stripe.customers.create({ name })).id);
      const first = await stripe.customers.list({ limit: 2 });
      assert.deepEqual([first.data.map(({ id }) => id), first.has_more], [made.slice(0, 2), true]);
      const back = await stripe.customers.list({ limit: 2, ending_before: made[4] ?? '' });
      assert.deepEqual([back.data.map(({ id }) => id), back.has_more], [made.slice(2, 4), true]);
      const all = await stripe.customers.list({ limit: 2 }).autoPagingToArray({ limit: 100 });
      assert.deepEqual(
        all.map(({ id }) => id),
        made,
      );
      await assert.rejects(stripe.customers.list({ limit: 101 }), { param: 'limit' });
    });
  });

  describe('in its subscriptions', () => {
    it('starts a trial with a paid first invoice of nothing, and tells it in events', async () => {
      const [{ id: customer }, { id: price }] = [await stripe.customers.create({ name: 'Acme' }), await monthly()];
      const params = { customer, items: [{ price }], trial_period_days: 30, metadata: { tenant_id: 't1' }, expand: ['latest_invoice'] };
      const subscription = await stripe.subscriptions.create(params, { idempotencyKey: 'subscription:t1' });
      const invoice = subscription.latest_invoice as Stripe.Invoice;
      assert.equal(subscription.status, 'trialing');
      assert.equal(subscription.trial_end, subscription.created + 30 * 86_400);
      assert.equal(subscription.items.data[0]?.current_period_end, subscription.trial_end);
      assert.deepEqual([invoice.status, invoice.total, invoice.billing_reason], ['paid', 0, 'subscription_create']);
      assert.deepEqual(invoice.parent?.subscription_details?.metadata, { tenant_id: 't1' });
      const { data } = await stripe.events.list({ limit: 100 });
      assert.deepEqual(
        data
          .slice(0, 6)
          .map(({ type }) => type)
          .toReversed(),
        [
          'invoice.created',
          'invoice.finalized',
          'invoice.updated',
          'invoice.paid',
          'invoice.payment_succeeded',
          'customer.subscription.created',
        ],
      );
      assert.equal(data[0]?.request?.idempotency_key, 'subscription:t1');
    });

    it('charges at once without a trial, and is active', async () => {
      const [{ id: customer }, { id: price }] = [await stripe.customers.create({}), await monthly()];
      await assert.rejects(stripe.subscriptions.create({ customer, items: [{ price }] }), { code: 'resource_missing' });
      const card = await stripe.paymentMethods.attach('pm_card_visa', { customer });
      const subscription = await stripe.subscriptions.create({
        customer,
        items: [{ price, quantity: 2 }],
        default_payment_method: card.id,
        expand: ['latest_invoice.payments'],
      });
      const invoice = subscription.latest_invoice as Stripe.Invoice;
      assert.deepEqual(
        [subscription.status, invoice.status, invoice.amount_paid, invoice.payments?.data[0]?.status],
        ['active', 'paid', 39_800, 'paid'],
      );
    });

    it('stays incomplete when the card is declined, until another one pays', async () => {
      const [{ id: customer }, { id: price }] = [await stripe.customers.create({}), await monthly()];
      const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
      const {
        id,
        status,
        latest_invoice: invoice,
      } = await stripe.subscriptions.create({ customer, items: [{ price }], default_payment_method: bad.id });
      assert.equal(status, 'incomplete');
      assert.ok(typeof invoice === 'string');
      assert.equal((await stripe.invoices.retrieve(invoice)).attempt_count, 1);
      await assert.rejects(stripe.invoices.pay(invoice), { type: 'StripeCardError', decline_code: 'generic_decline' });
      assert.equal((await stripe.invoices.retrieve(invoice)).attempt_count, 1, 'a payment by hand is not counted');
      const good = await stripe.paymentMethods.attach('pm_card_visa', { customer });
      assert.equal((await stripe.invoices.pay(invoice, { payment_method: good.id })).status, 'paid');
      assert.equal((await stripe.subscriptions.retrieve(id)).status, 'active');
      await assert.rejects(stripe.invoices.pay(invoice), { message: 'Invoice is already paid' });
    });

    it('makes nothing when it may not be incomplete and the card is declined', async () => {
      const [{ id: customer }, { id: price }] = [await stripe.customers.create({}), await monthly()];
      const { id: default_payment_method } = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
      const params = { customer, items: [{ price }], default_payment_method, payment_behavior: 'error_if_incomplete' as const };
      await assert.rejects(stripe.subscriptions.create(params), { statusCode: 402 });
      const left = [await stripe.subscriptions.list({ status: 'all' }), await stripe.invoices.list(), await stripe.charges.list()];
      assert.deepEqual(
        left.map(({ data }) => data.length),
        [0, 0, 0],
      );
      assert.ok(!(await operations()).includes('POST /v1/subscriptions'));
    });

    it('ends with its customer', async () => {
      const [{ id: customer }, { id: price }] = [await stripe.customers.create({}), await monthly()];
      const { id } = await stripe.subscriptions.create({ customer, items: [{ price }], trial_period_days: 1 });
      assert.deepEqual(await stripe.customers.del(customer).then(({ deleted }) => deleted), true);
      assert.equal((await stripe.subscriptions.retrieve(id)).status, 'canceled');
      assert.deepEqual((await stripe.subscriptions.list({ customer })).data, []);
      assert.equal((await stripe.subscriptions.list({ customer, status: 'all' })).data.length, 1);
      await assert.rejects(stripe.subscriptions.cancel(id), { code: 'resource_missing' });
      assert.equal('deleted' in (await stripe.customers.retrieve(customer)), true);
    });
  });
});
