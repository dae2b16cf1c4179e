import Stripe from 'stripe';
import type { AttemptOutcome } from '../../domain/dunning/history.ts';
import { idOf, rfc3339, stripeCall, unless } from '../stripe.ts';
import { taxOf } from './tax.ts';

export type InvoicesStripe = Pick<Stripe, 'invoices' | 'charges'>;

/** One attempt to pay an invoice, in the platform's terms. `attemptedAt` RFC 3339. */
export interface PaymentRead {
  /** Of Stripe's charge. */
  readonly id: string;
  readonly outcome: AttemptOutcome;
  readonly amountMinor: number;
  readonly refundedMinor: number;
  readonly currency: string;
  readonly methodId: string;
  /** Stripe's fingerprint of the card or account, else the method's id. */
  readonly card: string;
  readonly brand: string;
  readonly code: string | null;
  readonly declineCode: string | null;
  readonly adviceCode: string | null;
  readonly networkDeclineCode: string | null;
  readonly networkAdviceCode: string | null;
  readonly attemptedAt: string;
}
/** A bill of Stripe's with every attempt to pay it, oldest first, in the platform's terms. Times RFC 3339. */
export interface InvoiceRead {
  /** When Stripe was asked. */
  readonly readAt: string;
  readonly id: string;
  readonly customerId: string;
  readonly subscriptionId: string | null;
  readonly number: string | null;
  readonly status: string;
  readonly amountMinor: number;
  /** As Stripe worked it out. */
  readonly taxMinor: number;
  readonly remainingMinor: number;
  readonly currency: string;
  readonly billingReason: string | null;
  /** Whether the customer's card is charged by itself, as opposed to a bill that is sent. */
  readonly chargesItself: boolean;
  readonly attempted: boolean;
  readonly attemptCount: number;
  readonly dueAt: string | null;
  readonly issuedAt: string | null;
  readonly settledAt: string | null;
  readonly payments: readonly PaymentRead[];
}

const expand = ['payments'];
const aPage = 100;

/** Bills, read whole. Charges are listed by the payment they tried to make: an expanded payment would show the latest only. */
export function invoicesOf(stripe: InvoicesStripe, clock: () => Date) {
  return {
    /** An invoice with its payments; undefined when it was a draft that was deleted. */
    async readInvoice(id: string): Promise<InvoiceRead | undefined> {
      const readAt = clock().toISOString();
      const invoice = await stripeCall(stripe.invoices.retrieve(id, { expand }).catch(unless('resource_missing')));
      return invoice && (await withCharges(stripe, invoice, readAt));
    },
    /** Several invoices of one customer, in few requests. What was deleted is not among them. */
    async readInvoicesOf(customerId: string, ids: readonly string[]): Promise<InvoiceRead[]> {
      const readAt = clock().toISOString();
      const missing = new Set(ids);
      const invoices: Stripe.Invoice[] = [];
      const found = (invoice: Stripe.Invoice): boolean => {
        if (missing.delete(invoice.id)) invoices.push(invoice);
        return missing.size === 0;
      };
      await stripeCall(eachUntil(stripe.invoices.list({ customer: customerId, limit: aPage, expand: ['data.payments'] }), found));
      const since = Math.min(...invoices.map(({ created }) => created));
      const paid = invoices.some((invoice) => intentsOf(invoice).length > 0);
      const charges = paid
        ? await stripeCall(wholeOf(stripe.charges.list({ customer: customerId, created: { gte: since }, limit: aPage })))
        : [];
      return invoices.map((invoice) => invoiceRead(invoice, charges, readAt));
    },
  };
}

/** An invoice that was read with its payments expanded, with the charges of each. @param readAt when the invoice was asked for, or before */
export async function withCharges(stripe: Pick<Stripe, 'charges'>, invoice: Stripe.Invoice, readAt: string): Promise<InvoiceRead> {
  const charges: Stripe.Charge[] = [];
  for (const payment_intent of intentsOf(invoice))
    charges.push(...(await stripeCall(wholeOf(stripe.charges.list({ payment_intent, limit: aPage })))));
  return invoiceRead(invoice, charges, readAt);
}

const intentsOf = ({ payments }: Stripe.Invoice): string[] =>
  (payments?.data ?? []).flatMap(({ payment }) => (payment.payment_intent ? [idOf(payment.payment_intent)] : []));

async function wholeOf<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of list) all.push(item);
  return all;
}

async function eachUntil<T>(list: AsyncIterable<T>, found: (item: T) => boolean): Promise<void> {
  for await (const item of list) if (found(item)) return;
}

function invoiceRead(invoice: Stripe.Invoice, charges: readonly Stripe.Charge[], readAt: string): InvoiceRead {
  const { id, number, currency, attempted, status_transitions: at, parent } = invoice;
  const intents = new Set(intentsOf(invoice));
  const subscription = parent?.subscription_details?.subscription;
  return {
    readAt,
    id,
    customerId: invoice.customer ? idOf(invoice.customer) : '',
    subscriptionId: subscription ? idOf(subscription) : null,
    number,
    status: invoice.status ?? 'draft',
    amountMinor: invoice.total,
    taxMinor: taxOf(invoice),
    remainingMinor: invoice.amount_remaining,
    currency,
    billingReason: invoice.billing_reason,
    chargesItself: invoice.collection_method === 'charge_automatically',
    attempted,
    attemptCount: invoice.attempt_count,
    dueAt: rfc3339(invoice.due_date),
    issuedAt: rfc3339(at.finalized_at),
    settledAt: rfc3339(at.paid_at ?? at.voided_at ?? at.marked_uncollectible_at),
    payments: charges
      .filter(({ payment_intent: intent }) => intent !== null && intents.has(idOf(intent)))
      .toSorted((a, b) => a.created - b.created)
      .map(paymentRead),
  };
}

const outcomes: ReadonlyMap<string, AttemptOutcome> = new Map([
  ['failed', 'declined'],
  ['succeeded', 'succeeded'],
]);

function paymentRead(charge: Stripe.Charge): PaymentRead {
  const { outcome, payment_method_details: details, failure_code: code } = charge;
  const methodId = charge.payment_method ?? charge.id;
  const reason = outcome?.reason ?? null;
  return {
    id: charge.id,
    outcome: outcomes.get(charge.status) ?? 'pending',
    amountMinor: charge.amount,
    refundedMinor: charge.amount_refunded,
    currency: charge.currency,
    methodId,
    card: details?.card?.fingerprint ?? methodId,
    brand: details?.card?.brand ?? details?.type ?? 'unknown',
    code,
    // A reason that repeats the code, or that comes with a success, says nothing of a decline.
    declineCode: code !== null && reason !== code ? reason : null,
    adviceCode: outcome?.advice_code ?? null,
    networkDeclineCode: outcome?.network_decline_code ?? null,
    networkAdviceCode: outcome?.network_advice_code ?? null,
    attemptedAt: new Date(charge.created * 1000).toISOString(),
  };
}
