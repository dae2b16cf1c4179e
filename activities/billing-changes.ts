import { findPlan } from '../domain/plans.ts';
import type { CancelChoice } from '../domain/subscription-change.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { mirrorInvoice, mirrorSubscription } from '../platform/billing-mirror.ts';
import { inTenant } from '../platform/database.ts';
import { Tenant } from '../platform/models/tenant.ts';
import type { BillingDeps } from './billing.ts';
import { once } from './support/once.ts';
import { onQueue } from './support/on-queue.ts';

interface OfTenant {
  readonly tenantId: string;
}
export interface ChangeSubscription extends OfTenant {
  readonly subscriptionId: string;
  readonly changeId: string;
  readonly plan?: string | undefined;
  readonly quantity?: number | undefined;
  readonly cancel?: CancelChoice | undefined;
}
/** A subscription as it stands after a change. */
export interface ChangedSubscription {
  readonly status: string;
  readonly plan: string | null;
  readonly quantity: number;
  readonly cancelAt: string | null;
}

/** Changes of a subscription at Stripe. What was changed is asked of Stripe afterwards, and kept in the mirror as Stripe answers. */
export const createBillingChangeActivities = ({ knex, billing }: BillingDeps) =>
  onQueue(taskQueues.stripe, {
    /** Safe to retry: a change leaves its id at the subscription, asked for after a lost answer; ending what has ended changes nothing. */
    async changeSubscription({ tenantId, subscriptionId, changeId, plan, ...change }: ChangeSubscription): Promise<void> {
      if (change.cancel === 'now') return billing.cancelSubscription(subscriptionId);
      const target = plan === undefined ? undefined : findPlan(plan);
      const priceId = target && (await billing.ensurePrice(target));
      const effect = { tenantId, key: `subscription-change:${changeId}`, vendor: 'stripe', operation: 'change-subscription' };
      await once({ knex }, effect, {
        ask: () => billing.findChange(subscriptionId, changeId),
        act: (idempotencyKey) => billing.changeSubscription(subscriptionId, { ...change, priceId }, changeId, idempotencyKey),
      });
    },
    /** Safe to retry: it writes what Stripe answers, and nothing older than what is there. */
    async keepSubscription({ tenantId, subscriptionId }: OfTenant & { readonly subscriptionId: string }): Promise<ChangedSubscription> {
      const read = await billing.readSubscription(subscriptionId);
      if (!read) throw new Error('Stripe does not know the subscription that was changed.');
      await mirrorSubscription(knex, tenantId, read);
      const { status, plan, quantity, cancelAt, latestInvoiceId } = read;
      if (plan !== null)
        await inTenant(knex, tenantId, async (trx) => Tenant.query(trx).where({ id: tenantId }).whereNot({ plan }).patch({ plan }));
      const invoice = latestInvoiceId && (await billing.readInvoice(latestInvoiceId));
      if (invoice) await mirrorInvoice(knex, tenantId, invoice);
      return { status, plan, quantity, cancelAt };
    },
    /** Safe to retry: it writes what Stripe answers, and nothing older than what is there. */
    async keepInvoice({ tenantId, invoiceId }: OfTenant & { readonly invoiceId: string }): Promise<void> {
      const read = await billing.readInvoice(invoiceId);
      if (read) await mirrorInvoice(knex, tenantId, read);
    },
  });
export type BillingChangeActivities = ReturnType<typeof createBillingChangeActivities>;
