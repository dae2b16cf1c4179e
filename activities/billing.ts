import type { Knex } from 'knex';
import { UnknownPlanError, VendorRefusedError } from '../domain/errors.ts';
import { findPlan, planIds, type Plan } from '../domain/plans.ts';
import { taskQueues } from '../domain/task-queues.ts';
import type { Billing } from '../platform/billing.ts';
import { mirrorInvoice, mirrorSubscription } from '../platform/billing-mirror.ts';
import { inTenant } from '../platform/database.ts';
import { Tenant } from '../platform/models/tenant.ts';
import { once, outcomeOf, type Effect } from './support/once.ts';
import { onQueue } from './support/on-queue.ts';

export interface BillingDeps {
  readonly knex: Knex;
  readonly billing: Billing;
  /** How long a request whose answer was lost may still be under way at Stripe, ms: its time limit and some. */
  readonly underWayMs?: number;
}
interface OfTenant {
  readonly tenantId: string;
}
/** The first bill, as the platform keeps it. `id` is the platform's. */
export interface MirroredInvoice {
  readonly id: string;
  readonly number: string | null;
  readonly amountMinor: number;
  readonly currency: string;
  readonly status: string;
}
export interface StartedSubscription {
  readonly trialEndsAt: string | null;
  readonly invoice: MirroredInvoice;
}

export interface StartSubscriptionInput extends OfTenant {
  readonly customerId: string;
  readonly priceId: string;
  readonly plan: string;
}

function planOf(id: string): Plan {
  const plan = findPlan(id);
  if (!plan) throw new UnknownPlanError(id, planIds);
  return plan;
}
const customerOf = (tenantId: string): Effect => ({
  tenantId,
  key: `customer:${tenantId}`,
  vendor: 'stripe',
  operation: 'create-customer',
});
const subscriptionOf = (tenantId: string): Effect => ({
  tenantId,
  key: `subscription:${tenantId}`,
  vendor: 'stripe',
  operation: 'create-subscription',
});

export const createBillingActivities = ({ knex, billing, underWayMs = 25_000 }: BillingDeps) => {
  const customerMade = (tenantId: string): Promise<string | undefined> =>
    outcomeOf({ knex }, { ...customerOf(tenantId), underWayMs }, (since) => billing.findCustomer(tenantId, since));

  return onQueue(taskQueues.stripe, {
    /** Safe to retry: one customer a tenant, asked for by its tenant id after a lost answer. */
    async openBilling({ tenantId, name }: OfTenant & { readonly name: string }): Promise<{ customerId: string }> {
      const customerId = await once({ knex }, customerOf(tenantId), {
        ask: (since) => billing.findCustomer(tenantId, since),
        act: (idempotencyKey) => billing.createCustomer(tenantId, name, idempotencyKey),
      });
      await patchTenant(knex, tenantId, { stripe_customer_id: customerId });
      return { customerId };
    },
    /** Safe to retry, and when there is no customer. */
    async closeBilling({ tenantId }: OfTenant): Promise<void> {
      const customerId = await customerMade(tenantId);
      if (customerId) await billing.deleteCustomer(customerId);
    },
    /** Safe to retry: a plan's price is found by its look-up key, and made when no school has had the plan yet. */
    async ensurePrice({ plan }: { readonly plan: string }): Promise<{ priceId: string }> {
      return { priceId: await billing.ensurePrice(planOf(plan)) };
    },
    /** Safe to retry: one subscription a tenant, asked for at its customer after a lost answer; the bill is kept by Stripe's id of it. */
    async startSubscription({ tenantId, customerId, priceId, plan }: StartSubscriptionInput): Promise<StartedSubscription> {
      const { trialDays } = planOf(plan);
      const subscriptionId = await once({ knex }, subscriptionOf(tenantId), {
        ask: () => billing.findSubscription(tenantId, customerId),
        act: (idempotencyKey) => billing.createSubscription({ tenantId, customerId, priceId, trialDays }, idempotencyKey),
      });
      await patchTenant(knex, tenantId, { stripe_subscription_id: subscriptionId });
      return mirrorStart({ knex, billing }, tenantId, subscriptionId);
    },
    /** Safe to retry, and when there is no subscription. */
    async cancelSubscription({ tenantId }: OfTenant): Promise<void> {
      const customerId = await customerMade(tenantId);
      if (!customerId) return;
      const ask = (): Promise<string | undefined> => billing.findSubscription(tenantId, customerId);
      const subscriptionId = await outcomeOf({ knex }, { ...subscriptionOf(tenantId), underWayMs }, ask);
      if (subscriptionId) await billing.cancelSubscription(subscriptionId);
    },
  });
};
export type BillingActivities = ReturnType<typeof createBillingActivities>;

async function patchTenant(
  knex: Knex,
  tenantId: string,
  patch: { stripe_customer_id?: string; stripe_subscription_id?: string },
): Promise<void> {
  await inTenant(knex, tenantId, async (trx) => Tenant.query(trx).findById(tenantId).patch(patch));
}

async function mirrorStart({ knex, billing }: BillingDeps, tenantId: string, subscriptionId: string): Promise<StartedSubscription> {
  const subscription = await billing.readSubscription(subscriptionId);
  const invoice = subscription?.latestInvoiceId && (await billing.readInvoice(subscription.latestInvoiceId));
  if (!invoice) throw new VendorRefusedError('Stripe', 'no latest_invoice');
  await mirrorSubscription(knex, tenantId, subscription);
  const { invoiceId: id } = await mirrorInvoice(knex, tenantId, invoice);
  const { number, amountMinor, currency, status } = invoice;
  return { trialEndsAt: subscription.trialEndsAt, invoice: { id, number, amountMinor, currency, status } };
}
