import assert from 'node:assert/strict';
import { createBillingActivities } from '../../activities/billing.ts';
import { planIds } from '../../domain/plans.ts';
import { createBilling } from '../../platform/billing.ts';
import { inPlatform, inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { Effect } from '../../platform/models/effect.ts';
import { Invoice } from '../../platform/models/invoice.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import { createStripe } from '../../platform/stripe.ts';
import { useDatabases } from '../support/database.ts';
import { useSandbox } from '../support/sandbox.ts';

describe('activities/billing', () => {
  const databases = useDatabases();
  const stripe = useSandbox('stripe');
  let billing: ReturnType<typeof createBilling>;
  let activities: ReturnType<typeof createBillingActivities>;

  before(() => {
    billing = createBilling(createStripe({ secretKey: 'sk_test_billing', apiBase: stripe.url }));
    activities = createBillingActivities({ knex: databases.main, billing, underWayMs: 50 });
  });
  beforeEach(() => stripe.control.reset());

  async function makeTenant(): Promise<{ tenantId: string; name: string }> {
    const tenantId = newId();
    const row = {
      id: tenantId,
      slug: `s-${tenantId}`,
      name: 'Lincoln High',
      region: 'eu' as const,
      plan: 'school',
      status: 'onboarding' as const,
    };
    await inPlatform(databases.main, async (trx) => Tenant.query(trx).insert(row));
    return { tenantId, name: row.name };
  }
  async function subscribe(tenant: { tenantId: string; name: string }, plan: string) {
    const [{ customerId }, { priceId }] = [await activities.openBilling(tenant), await activities.ensurePrice({ plan })];
    return { ...tenant, customerId, priceId, plan };
  }
  const made = async (operation: string): Promise<number> =>
    (await stripe.control.ledger()).filter((effect) => effect.operation === operation).length;
  const tryTwice = async <T>(act: () => Promise<T>): Promise<T> => {
    await assert.rejects(act(), { code: 'vendor-unavailable' });
    return act();
  };

  it('opens one customer, named after the school and nobody else, however often it is tried', async () => {
    const tenant = await makeTenant();
    const first = await activities.openBilling(tenant);
    assert.deepEqual(await activities.openBilling(tenant), first);
    const effects = await stripe.control.ledger();
    assert.equal(effects.length, 1);
    assert.deepEqual(effects[0]?.body, { name: 'Lincoln High', metadata: { tenant_id: tenant.tenantId } });
    assert.equal(effects[0]?.businessKey, `customer:${tenant.tenantId}`);
  });

  it('asks Stripe, and makes nothing again, when the answer to a creation was lost', async () => {
    const tenant = await makeTenant();
    await stripe.control.addFault({ kind: 'reset-after', method: 'POST', path: '/v1/customers', times: 2 });
    const { customerId } = await tryTwice(() => activities.openBilling(tenant));
    assert.equal(await billing.findCustomer(tenant.tenantId, new Date()), customerId);
    assert.equal(await made('POST /v1/customers'), 1);
  });

  it('makes the customer when the request never arrived', async () => {
    const tenant = await makeTenant();
    await stripe.control.addFault({ kind: 'reset-before', method: 'POST', path: '/v1/customers', times: 2 });
    await tryTwice(() => activities.openBilling(tenant));
    assert.equal(await made('POST /v1/customers'), 1);
  });

  it('takes a new key when Stripe keeps repeating a failure under the old one', async () => {
    const tenant = await makeTenant();
    await stripe.control.addFault({ kind: 'status', status: 500, stored: true, method: 'POST', path: '/v1/customers' });
    await assert.rejects(activities.openBilling(tenant), { code: 'vendor-unavailable' });
    await assert.rejects(activities.openBilling(tenant), { code: 'vendor-key-spent' });
    await activities.openBilling(tenant);
    const [effect] = await stripe.control.ledger();
    assert.equal(effect?.businessKey, `customer:${tenant.tenantId}:2`);
  });

  it('leaves no open intention behind when Stripe refuses', async () => {
    const tenant = await makeTenant();
    await stripe.control.addFault({ kind: 'status', status: 402, method: 'POST', path: '/v1/customers' });
    await assert.rejects(activities.openBilling(tenant), { code: 'vendor-refused' });
    assert.equal(await inTenant(databases.main, tenant.tenantId, async (trx) => Effect.query(trx).resultSize()), 0);
  });

  it('says when to come back when Stripe says so', async () => {
    const tenant = await makeTenant();
    await stripe.control.addFault({ kind: 'status', status: 429, headers: { 'retry-after': '7' }, method: 'POST', path: '/v1/customers' });
    await assert.rejects(activities.openBilling(tenant), { code: 'vendor-unavailable', retryAfterSeconds: 7 });
  });

  for (const plan of planIds)
    it(`starts one trial of the plan ${plan} and keeps its first bill`, async () => {
      const tenant = await makeTenant();
      const input = await subscribe(tenant, plan);
      await stripe.control.addFault({ kind: 'reset-after', method: 'POST', path: '/v1/subscriptions', times: 2 });
      const started = await tryTwice(() => activities.startSubscription(input));
      assert.deepEqual(await activities.startSubscription(input), started);
      assert.equal(await made('POST /v1/subscriptions'), 1);
      assert.equal(await made('POST /v1/prices'), 1);
      const rows = await inTenant(databases.main, tenant.tenantId, async (trx) => Invoice.query(trx));
      assert.deepEqual(
        rows.map(({ id, number, amount_minor: amountMinor, currency, status }) => ({ id, number, amountMinor, currency, status })),
        [started.invoice],
      );
      assert.deepEqual([started.invoice.amountMinor, started.invoice.currency, started.invoice.status], [0, 'usd', 'paid']);
      assert.ok(Date.parse(started.trialEndsAt ?? '') > Date.now());
    });

  it('shares the price of a plan between schools', async () => {
    await stripe.control.addFault({ kind: 'reset-after', method: 'POST', path: '/v1/prices', times: 2 });
    await assert.rejects(activities.ensurePrice({ plan: 'starter' }), { code: 'vendor-unavailable' });
    const prices = [await activities.ensurePrice({ plan: 'starter' }), await activities.ensurePrice({ plan: 'starter' })];
    assert.deepEqual(prices[0], prices[1]);
    assert.equal(await made('POST /v1/prices'), 1);
  });

  it('makes a price although Stripe keeps repeating a failure', async () => {
    await stripe.control.addFault({ kind: 'status', status: 500, stored: true, method: 'POST', path: '/v1/prices' });
    await assert.rejects(activities.ensurePrice({ plan: 'starter' }), { code: 'vendor-unavailable' });
    await activities.ensurePrice({ plan: 'starter' });
    assert.equal(await made('POST /v1/prices'), 1);
  });

  it('takes customer and subscription back, also when their answers were lost, and twice', async () => {
    const tenant = await makeTenant();
    await stripe.control.addFault({ kind: 'reset-after', method: 'POST', path: '/v1/customers', times: 2 });
    await assert.rejects(activities.openBilling(tenant), { code: 'vendor-unavailable' });
    await activities.cancelSubscription(tenant);
    await activities.closeBilling(tenant);
    await activities.closeBilling(tenant);
    assert.equal(await billing.findCustomer(tenant.tenantId, new Date()), undefined);
  });

  it('cancels a subscription once and then removes its customer', async () => {
    const tenant = await makeTenant();
    await activities.startSubscription(await subscribe(tenant, 'school'));
    for (const attempt of [1, 2]) {
      await activities.cancelSubscription(tenant);
      assert.equal(
        (await stripe.control.ledger()).filter(({ operation }) => operation.startsWith('DELETE /v1/subscriptions')).length,
        1,
        `${attempt}`,
      );
    }
    await activities.closeBilling(tenant);
    await activities.cancelSubscription(tenant);
    await activities.closeBilling(tenant);
    assert.equal(await billing.findCustomer(tenant.tenantId, new Date()), undefined);
  });

  it('takes nothing back where nothing was begun', async () => {
    const tenantId = newId();
    await activities.cancelSubscription({ tenantId });
    await activities.closeBilling({ tenantId });
    assert.deepEqual(await stripe.control.ledger(), []);
  });
}).timeout(20_000);
