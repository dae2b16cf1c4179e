import assert from 'node:assert/strict';
import { createBillingChangeActivities } from '../../activities/billing-changes.ts';
import { createBillingRecordActivities } from '../../activities/billing-records.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { inPlatform, inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { Effect } from '../../platform/models/effect.ts';
import { Subscription } from '../../platform/models/subscription.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import { addStudents, billingAt, billSchool } from '../support/billed-school.ts';
import { useDatabases } from '../support/database.ts';
import { useSandbox } from '../support/sandbox.ts';

describe('activities/billing-changes', function () {
  this.timeout(30_000);
  const databases = useDatabases();
  const stripe = useSandbox('stripe');
  const changes = () => createBillingChangeActivities({ knex: databases.main, billing: billingAt(stripe.url) });
  const records = () => createBillingRecordActivities({ knex: databases.main });
  beforeEach(() => stripe.control.reset());

  async function makeSchool(): Promise<string> {
    const id = newId();
    const row = { id, slug: `s-${id}`, name: 'Lincoln High', region: 'eu' as const, plan: 'school', status: 'active' as const };
    await inPlatform(databases.main, async (trx) => Tenant.query(trx).insert(row));
    return id;
  }
  async function subscribed() {
    const { tenantId } = await billSchool(databases.main, stripe.url, await makeSchool());
    return { tenantId, ...(await records().checkChange({ tenantId })) };
  }
  const updates = async (): Promise<number> =>
    (await stripe.control.ledger()).filter(({ operation }) => operation.startsWith('POST /v1/subscriptions/')).length;

  it('changes plan and seats once, however often the answer is lost, and keeps what Stripe answers', async () => {
    const { tenantId, subscriptionId } = await subscribed();
    const change = { tenantId, subscriptionId, changeId: newId(), plan: 'district', quantity: 3, cancel: 'at-period-end' as const };
    await stripe.control.addFault({ kind: 'reset-after', method: 'POST', path: '/v1/subscriptions/*', times: 2 });
    await assert.rejects(changes().changeSubscription(change), { code: 'vendor-unavailable' });
    await changes().changeSubscription(change);
    assert.equal(await updates(), 1);
    const kept = await changes().keepSubscription({ tenantId, subscriptionId });
    assert.deepEqual([kept.status, kept.plan, kept.quantity, kept.cancelAt !== null], ['trialing', 'district', 3, true]);
    const [row, tenant] = await inTenant(databases.main, tenantId, async (trx) => [
      await Subscription.query(trx).findOne({ tenant_id: tenantId }),
      await Tenant.query(trx).findById(tenantId),
    ]);
    assert.deepEqual([row?.plan, row?.quantity, tenant?.plan], ['district', 3, 'district']);
  });

  it('keeps the seats when only the plan changes, and the plan when only the seats do', async () => {
    const { tenantId, subscriptionId } = await subscribed();
    const after = async (change: object) => {
      await changes().changeSubscription({ tenantId, subscriptionId, changeId: newId(), ...change });
      const { plan, quantity, cancelAt } = await changes().keepSubscription({ tenantId, subscriptionId });
      return [plan, quantity, cancelAt !== null];
    };
    assert.deepEqual(await after({ quantity: 7 }), ['school', 7, false]);
    assert.deepEqual(await after({ plan: 'starter' }), ['starter', 7, false]);
    assert.deepEqual(await after({ cancel: 'at-period-end' }), ['starter', 7, true]);
    assert.deepEqual(await after({ cancel: 'keep' }), ['starter', 7, false]);
  });

  it('ends a subscription now, once, after which nothing of it changes', async () => {
    const { tenantId, subscriptionId } = await subscribed();
    const change = { tenantId, subscriptionId, changeId: newId(), cancel: 'now' as const };
    await changes().changeSubscription(change);
    await changes().changeSubscription(change);
    assert.equal((await changes().keepSubscription({ tenantId, subscriptionId })).status, 'canceled');
    await assert.rejects(records().checkChange({ tenantId, quantity: 2 }), { code: 'billing-state' });
  });

  it('leaves no open intention behind when Stripe refuses', async () => {
    const { tenantId, subscriptionId } = await subscribed();
    await stripe.control.addFault({ kind: 'status', status: 402, method: 'POST', path: '/v1/subscriptions/*' });
    const change = { tenantId, subscriptionId, changeId: newId(), quantity: 2 };
    await assert.rejects(changes().changeSubscription(change), { code: 'vendor-refused' });
    const left = await inTenant(databases.main, tenantId, async (trx) => Effect.query(trx).where({ status: 'pending' }).resultSize());
    assert.equal(left, 0);
  });

  it('counts active students as seats, and refuses a plan for fewer', async () => {
    const { tenantId } = await subscribed();
    assert.equal((await records().checkChange({ tenantId, quantity: 'active-students' })).quantity, 1);
    await addStudents(databases.main, tenantId, 501);
    assert.equal((await records().checkChange({ tenantId, quantity: 'active-students' })).quantity, 501);
    await assert.rejects(records().checkChange({ tenantId, plan: 'starter' }), {
      code: 'plan-too-small',
      details: { plan: 'starter', maxStudents: 500, students: 501 },
    });
    await inTenant(databases.main, tenantId, (trx) => trx('people').where({ tenant_id: tenantId }).limit(1).update({ status: 'inactive' }));
    await assert.doesNotReject(records().checkChange({ tenantId, plan: 'school', quantity: 2 }));
  });

  it('refuses an unknown plan, and a school without a subscription', async () => {
    await assert.rejects(records().checkChange({ tenantId: await makeSchool(), plan: 'gold' }), { code: 'unknown-plan' });
    await assert.rejects(records().checkChange({ tenantId: await makeSchool(), quantity: 2 }), { code: 'billing-state' });
  });

  it('finds no bill and no payment of another school', async () => {
    const school = await billSchool(databases.main, stripe.url, await makeSchool());
    const { invoiceId, paymentId, stripeInvoiceId } = await school.bill(5_000);
    const { tenantId } = school;
    assert.deepEqual(await records().findInvoice({ tenantId, invoiceId }), { invoiceId: stripeInvoiceId });
    assert.equal((await records().findPayment({ tenantId, paymentId })).invoiceId, stripeInvoiceId);
    for (const other of [await makeSchool(), platformTenantId]) {
      await assert.rejects(records().findInvoice({ tenantId: other, invoiceId }), { code: 'not-found' });
      await assert.rejects(records().findPayment({ tenantId: other, paymentId }), { code: 'not-found' });
    }
  });
});
