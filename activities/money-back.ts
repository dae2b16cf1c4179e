import { CreditNoteRefusedError, RefundRefusedError } from '../domain/billing-errors.ts';
import { creditRefusal, refundRefusal } from '../domain/money-back.ts';
import { taskQueues } from '../domain/task-queues.ts';
import type { CreditNoteRequest, MoneyBack, RefundRequest } from '../platform/billing/money-back.ts';
import type { BillingDeps } from './billing.ts';
import { once } from './support/once.ts';
import { onQueue } from './support/on-queue.ts';

interface OfTenant {
  readonly tenantId: string;
}

/** Refunds and credit notes at Stripe, each refused before it is asked for when it cannot be. */
export const createMoneyBackActivities = ({ knex, billing }: BillingDeps) =>
  onQueue(taskQueues.stripe, {
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
  });
export type MoneyBackActivities = ReturnType<typeof createMoneyBackActivities>;
