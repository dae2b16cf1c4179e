import type Stripe from 'stripe';
import type { CreditNoteReason, RefundReason, SettleBy } from '../../domain/money-back.ts';
import { firstOf, stripeCall } from '../stripe.ts';

export type MoneyBackStripe = Pick<Stripe, 'charges' | 'refunds' | 'creditNotes' | 'invoices'>;

/** An attempt to pay, as far as giving it back depends on it. */
export interface ChargeRead {
  readonly succeeded: boolean;
  readonly disputed: boolean;
  readonly leftMinor: number;
  readonly currency: string;
}
export interface RefundRequest {
  readonly refundId: string;
  readonly chargeId: string;
  readonly amountMinor: number;
  readonly reason: RefundReason;
}
/** What of a bill can still be credited: what is owed while it is open, what was paid once it is. */
export interface CreditableRead {
  readonly status: string;
  readonly leftMinor: number;
  readonly currency: string;
}
export interface CreditNoteRequest {
  readonly creditNoteId: string;
  readonly invoiceId: string;
  readonly amountMinor: number;
  readonly reason: CreditNoteReason;
  /** Of a bill that was paid: where the money goes. One that is open just owes less. */
  readonly settleBy?: SettleBy | undefined;
}
export interface MoneyBack {
  readonly id: string;
  readonly status: string;
  readonly amountMinor: number;
  readonly currency: string;
}
const aPage = 100;

/** Refunds and credit notes. Each carries an id of the platform's, by which it is found again at its charge or invoice. */
export const moneyBackOf = (stripe: MoneyBackStripe) => ({
  async readCharge(id: string): Promise<ChargeRead> {
    const charge = await stripeCall(stripe.charges.retrieve(id));
    const { status, disputed, amount_captured: paid, amount_refunded: back, currency } = charge;
    return { succeeded: status === 'succeeded' && charge.captured, disputed, leftMinor: paid - back, currency };
  },
  async createRefund({ refundId, chargeId, amountMinor, reason }: RefundRequest, idempotencyKey: string): Promise<string> {
    const params = { charge: chargeId, amount: amountMinor, reason, metadata: { refund_id: refundId } };
    return (await stripeCall(stripe.refunds.create(params, { idempotencyKey }))).id;
  },
  findRefund: (chargeId: string, refundId: string): Promise<string | undefined> =>
    stripeCall(firstOf(stripe.refunds.list({ charge: chargeId, limit: aPage }), ({ metadata }) => metadata?.['refund_id'] === refundId)),
  async readRefund(id: string): Promise<MoneyBack> {
    const { status, amount, currency } = await stripeCall(stripe.refunds.retrieve(id));
    return { id, status: status ?? 'pending', amountMinor: amount, currency };
  },
  async readCreditable(invoiceId: string): Promise<CreditableRead> {
    const invoice = await stripeCall(stripe.invoices.retrieve(invoiceId));
    const { status, amount_paid: paid, amount_remaining: owed, post_payment_credit_notes_amount: credited, currency } = invoice;
    return { status: status ?? 'draft', leftMinor: status === 'paid' ? paid - credited : owed, currency };
  },
  async createCreditNote(request: CreditNoteRequest, idempotencyKey: string): Promise<string> {
    const { creditNoteId, invoiceId: invoice, amountMinor: amount, reason, settleBy } = request;
    const settling = settleBy === 'refund' ? { refund_amount: amount } : { credit_amount: amount };
    // Stripe mails a credit note to the customer's address: ours have none.
    const params = { invoice, amount, reason, metadata: { credit_note_id: creditNoteId } };
    return (await stripeCall(stripe.creditNotes.create({ ...params, ...(settleBy ? settling : {}) }, { idempotencyKey }))).id;
  },
  findCreditNote: (invoiceId: string, creditNoteId: string): Promise<string | undefined> =>
    stripeCall(
      firstOf(
        stripe.creditNotes.list({ invoice: invoiceId, limit: aPage }),
        ({ metadata }) => metadata?.['credit_note_id'] === creditNoteId,
      ),
    ),
  async readCreditNote(id: string): Promise<MoneyBack> {
    const { status, total, currency } = await stripeCall(stripe.creditNotes.retrieve(id));
    return { id, status, amountMinor: total, currency };
  },
});
