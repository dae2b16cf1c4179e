import type Stripe from 'stripe';
import { confirmIntent } from './confirm-intent.ts';
import type { Confirmation } from './confirm-intent.ts';
import { changes, find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { invalid } from './failure.ts';
import type { StripeFailure } from './failure.ts';
import { openPayment } from './invoice-payments.ts';
import type { OpenPayment } from './invoice-payments.ts';
import { markPaid, updateInvoice } from './invoice-states.ts';
import { nextAttempt } from './retries.ts';
import { afterPayment, markPastDue, subscriptionOf } from './subscription-states.ts';

export interface Collected {
  readonly invoice: Stripe.Invoice;
  /** Why it is not paid; absent when it is. */
  readonly decline?: StripeFailure;
}
export interface Collecting extends Partial<Confirmation> {
  /** Absent: the method Stripe would charge. */
  readonly method?: string | undefined;
  /** Stripe tries by itself: only such attempts are counted after the first. */
  readonly automatic?: boolean;
}

/** Tries to collect an open invoice. Throws 400 when there is nothing to charge; a decline is an outcome, and its traces stay. */
export function collect(context: StripeContext, invoice: Stripe.Invoice, collecting: Collecting = {}): Collected {
  if (invoice.amount_remaining === 0) return settle(context, invoice, { attempted: false });
  const methodId = collecting.method ?? payingMethod(context, invoice);
  if (methodId === undefined) throw noPaymentMethod();
  const method = find(context.tables.paymentMethods, 'PaymentMethod', methodId, 'payment_method');
  if (method.customer !== invoice.customer) throw notAttached(methodId);
  const payment = openPayment(context, invoice);
  const { intent, refusal } = confirmIntent(context, payment.intent, method, { offSession: true, ...collecting });
  if (!refusal) return paid(context, invoice, { ...payment, intent }, { method, automatic: collecting.automatic ?? false });
  const action = intent.status === 'requires_action';
  return { invoice: failed(context, invoice, { automatic: collecting.automatic ?? false, action, refusal }), decline: refusal };
}

export const noPaymentMethod = () =>
  invalid('This customer has no attached payment source or default payment method. Please consider adding a default payment method.', {
    code: 'resource_missing',
  });
const notAttached = (id: string) =>
  invalid(`The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`, {
    code: 'resource_missing',
    param: 'payment_method',
  });

/** The method Stripe would charge, the most particular first. */
export function payingMethod(context: StripeContext, invoice: Stripe.Invoice): string | undefined {
  const customer = context.tables.customers.get(idOf(invoice.customer ?? ''));
  const found =
    invoice.default_payment_method ??
    subscriptionOf(context, invoice)?.default_payment_method ??
    customer?.invoice_settings.default_payment_method;
  return found ? idOf(found) : undefined;
}

/** Paid, with what follows for its subscription. */
export function settle(
  context: StripeContext,
  invoice: Stripe.Invoice,
  how: { attempted: boolean; automatic?: boolean; outOfBand?: boolean; method?: Stripe.PaymentMethod },
): Collected {
  const after = markPaid(context, invoice, how);
  afterPayment(context, after, how.method);
  return { invoice: after };
}

function paid(
  context: StripeContext,
  invoice: Stripe.Invoice,
  { intent, record }: OpenPayment,
  how: { method: Stripe.PaymentMethod; automatic: boolean },
): Collected {
  const settled: Stripe.InvoicePayment = {
    ...record,
    status: 'paid',
    amount_paid: intent.amount,
    status_transitions: { canceled_at: null, paid_at: context.now() },
  };
  context.tables.invoicePayments.put(record.id, settled);
  context.emit('invoice_payment.paid', settled);
  return settle(context, invoice, { attempted: true, ...how });
}

export interface Failure {
  readonly automatic: boolean;
  /** The card's holder has to act. */
  readonly action?: boolean;
  /** False: the card was spared, and the plan goes on as if it had been refused again. */
  readonly charged?: boolean;
  /** Absent: there was nothing to charge. */
  readonly refusal?: StripeFailure | undefined;
}

/** Counts the attempt, plans the next one and tells of it. */
export function failed(
  context: StripeContext,
  invoice: Stripe.Invoice,
  { automatic, action = false, refusal, charged }: Failure,
): Stripe.Invoice {
  const counted = automatic ? invoice.attempt_count + 1 : Math.max(1, invoice.attempt_count);
  const attempted = { ...invoice, attempted: true, attempt_count: counted };
  const after = updateInvoice(context, invoice, {
    attempted: true,
    attempt_count: counted,
    ...(automatic || !invoice.attempted
      ? { next_payment_attempt: nextAttempt(context, attempted, refusal !== undefined || charged === false) }
      : {}),
  });
  if (action) context.emit('invoice.payment_action_required', after);
  context.emit('invoice.payment_failed', after);
  if (after.billing_reason !== 'subscription_create') markPastDue(context, after);
  context.emit('invoice.updated', after, changes(invoice, after));
  return after;
}
