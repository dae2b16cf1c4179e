import { CreditNoteRefusedError, RefundRefusedError } from '../domain/errors.ts';
import { creditRefusal, refundRefusal } from '../domain/money-back.ts';
import { findPlan } from '../domain/plans.ts';
import type { CancelChoice } from '../domain/subscription-change.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { mirrorInvoice, mirrorSubscription } from '../platform/billing-mirror.ts';
import type { CreditNoteRequest, MoneyBack, RefundRequest } from '../platform/billing/money-back.ts';
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

/** Everyday billing at Stripe. What they change is asked of Stripe afterwards, and kept in the mirror as Stripe answers. */
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
    /** Safe to retry: it only reads. Resolves to the amount that is given back; all that is left when none is named. */
    async checkRefund({
      chargeId,
      amountMinor,
    }: {
      readonly chargeId: string;
      readonly amountMinor?: number | undefined;
    }): Promise<number> {
      const charge = await billing.readCharge(chargeId);
      const amount = amountMinor ?? charge.leftMinor;
      const reason = refundRefusal(charge, amount);
      if (reason) throw new RefundRefusedError(reason);
      return amount;
    },
    /** Safe to retry: one refund an id, found at its charge after a lost answer. Stripe itself gives no more back than was paid. */
    async refund({ tenantId, ...request }: OfTenant & RefundRequest): Promise<MoneyBack> {
      const { refundId, chargeId } = request;
      const effect = { tenantId, key: `refund:${refundId}`, vendor: 'stripe', operation: 'refund' };
      const id = await once({ knex }, effect, {
        ask: () => billing.findRefund(chargeId, refundId),
        act: (idempotencyKey) => billing.createRefund(request, idempotencyKey),
      });
      return billing.readRefund(id);
    },
    /** Safe to retry: it only reads. Resolves to the bill's state. */
    async checkCreditNote({ invoiceId, amountMinor }: { readonly invoiceId: string; readonly amountMinor: number }): Promise<string> {
      const creditable = await billing.readCreditable(invoiceId);
      const reason = creditRefusal(creditable, amountMinor);
      if (reason) throw new CreditNoteRefusedError(reason);
      return creditable.status;
    },
    /** Safe to retry: one credit note an id, found at its bill after a lost answer. */
    async issueCreditNote({ tenantId, ...request }: OfTenant & CreditNoteRequest): Promise<MoneyBack> {
      const { creditNoteId, invoiceId } = request;
      const effect = { tenantId, key: `credit-note:${creditNoteId}`, vendor: 'stripe', operation: 'issue-credit-note' };
      const id = await once({ knex }, effect, {
        ask: () => billing.findCreditNote(invoiceId, creditNoteId),
        act: (idempotencyKey) => billing.createCreditNote(request, idempotencyKey),
      });
      return billing.readCreditNote(id);
    },
    /** Safe to retry: it writes what Stripe answers, and nothing older than what is there. */
    async keepInvoice({ tenantId, invoiceId }: OfTenant & { readonly invoiceId: string }): Promise<void> {
      const read = await billing.readInvoice(invoiceId);
      if (read) await mirrorInvoice(knex, tenantId, read);
    },
  });
export type BillingChangeActivities = ReturnType<typeof createBillingChangeActivities>;
