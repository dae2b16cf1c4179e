import assert from 'node:assert/strict';
import { addStudents } from '../support/billed-school.ts';
import { useEverydayBilling } from './support/everyday-billing.ts';
import { failureOf } from './support/runs.ts';
import { statesOf } from './support/world.ts';

describe('workflows/change-subscription', function () {
  this.timeout(60_000);
  const billing = useEverydayBilling();

  it('changes plan and seats, and ends with what Stripe then says', async () => {
    const { tenantId } = await billing.makeSchool();
    await addStudents(billing.databases.main, tenantId, 12);
    const input = { plan: 'district', quantity: 'active-students' };
    await billing.run('changeSubscription', tenantId, input, async (handle, ends, { runId }) => {
      assert.deepEqual(await handle.result(), { status: 'trialing', plan: 'district', quantity: 12, cancelAt: null });
      const steps = ends[0]?.steps ?? [];
      assert.equal(statesOf({ steps }), 'check-change done, change-subscription done, update-mirror done');
      assert.deepEqual(
        steps.map(({ detail }) => detail),
        ['12 seats', undefined, 'the subscription is trialing'],
      );
      const change = (await billing.stripe.control.ledger()).find(({ businessKey }) => businessKey === `subscription-change:${runId}`);
      assert.equal((change?.body as { proration_behavior?: string } | undefined)?.proration_behavior, 'create_prorations');
    });
  });

  it('refuses a plan for fewer students before anything is asked of Stripe', async () => {
    const { tenantId } = await billing.makeSchool();
    await addStudents(billing.databases.main, tenantId, 501);
    const asked = (await billing.stripe.control.ledger()).length;
    await billing.run('changeSubscription', tenantId, { plan: 'starter' }, async (handle, ends) => {
      assert.equal(((await failureOf(handle)) as { type?: string }).type, 'plan-too-small');
      assert.equal(ends[0]?.error?.message, "The plan 'starter' is for at most 500 students, and this school has 501.");
    });
    assert.equal((await billing.stripe.control.ledger()).length, asked);
  });
});
