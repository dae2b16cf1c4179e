import assert from 'node:assert/strict';
import { plans } from '../../domain/plans.ts';
import { createBilling } from '../../platform/billing.ts';
import { createMail } from '../../platform/mail.ts';
import { createPush } from '../../platform/push.ts';
import { createStripe } from '../../platform/stripe.ts';
import { defaultApp } from '../../sandboxes/pusher/pusher.ts';
import { startSandbox } from '../../sandboxes/support/start.ts';
import type { VendorName } from '../../sandboxes/support/start.ts';
import { specsDirectory } from './support/documents.ts';
import { createContractProxy } from './support/validator.ts';

/** What the documents have against the calls that `act` makes at the address it is given; and which operations they were. */
async function compared(
  vendor: VendorName,
  act: (url: string) => Promise<void>,
): Promise<{ violations: readonly string[]; operations: string[] }> {
  const sandbox = await startSandbox(vendor);
  const proxy = await createContractProxy(vendor, sandbox.url);
  try {
    await act(proxy.url);
    return { violations: proxy.violations(), operations: [...proxy.succeeded()].sort() };
  } finally {
    await proxy.stop();
    await sandbox.stop();
  }
}

if (specsDirectory() !== undefined) {
  describe("the platform beside the vendors' documents", function () {
    this.timeout(30_000);

    it('asks Stripe only what its document allows', async () => {
      const { violations, operations } = await compared('stripe', async (apiBase) => {
        const billing = createBilling(createStripe({ secretKey: 'sk_test_sandbox', apiBase }));
        const customerId = await billing.createCustomer('t1', 'Acme', 'customer:t1');
        for (const plan of plans) {
          const priceId = await billing.ensurePrice(plan);
          assert.equal(await billing.ensurePrice(plan), priceId);
          const id = await billing.createSubscription(
            { tenantId: 't1', customerId, priceId, trialDays: plan.trialDays },
            `subscription:${plan.id}`,
          );
          await billing.readSubscription(id);
          await billing.cancelSubscription(id);
        }
        await billing.findSubscription('t1', customerId);
        await billing.findCustomer('t1', new Date());
        await billing.deleteCustomer(customerId);
      });
      assert.deepEqual(violations, []);
      assert.ok(operations.includes('POST /v1/subscriptions') && operations.includes('DELETE /v1/customers/{customer}'));
    });

    it('asks SendGrid only what its document allows', async () => {
      const { violations, operations } = await compared('sendgrid', async (apiBase) => {
        const mail = createMail({ apiKey: 'SG.sandbox', apiBase, from: 'ToolboxAI <hello@toolbox.example>', activityLagSeconds: 0 });
        const to = { email: 'ada@school.example', name: 'Ada' };
        await mail.send({ to, subject: 'Welcome', text: 'Hello', html: '<p>Hello</p>', dedupKey: 'invitation:1', category: 'invitation' });
        assert.ok(await mail.findByDedupKey('invitation:1'));
      });
      assert.deepEqual([violations, operations], [[], ['GET /v3/messages', 'POST /v3/mail/send']]);
    });

    it('asks Pusher only what its document allows', async () => {
      const { violations, operations } = await compared('pusher', (apiBase) =>
        createPush({ ...defaultApp, apiBase }).trigger('private-tenant-1', 'run-moved', { id: 'e1' }),
      );
      assert.deepEqual([violations, operations], [[], ['POST /apps/{app_id}/events']]);
    });
  });
}
