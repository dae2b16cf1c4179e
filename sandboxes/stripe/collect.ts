import type Stripe from 'stripe';
import { testCards } from './cards.ts';
import type { Decline } from './cards.ts';
import { changes, find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { StripeFailure, invalid } from './failure.ts';
import { markPaid, updateInvoice } from './invoice-states.ts';
import { newCharge, newPaymentIntent } from './payment-objects.ts';
import { afterPayment, subscriptionOf } from './subscription-states.ts';

export interface Collected {
  readonly invoice: Stripe.Invoice;
  /** Why it is not paid; absent when it is. */
  readonly decline?: StripeFailure;
}

/** Tries to collect an open invoice. Throws 400 when there is nothing to charge; a decline is an outcome, and its traces stay. */
export function collect(context: StripeContext, invoice: Stripe.Invoice, given?: string): Collected {
  if (invoice.amount_due === 0) return { invoice: markPaid(context, invoice, { attempted: false }) };
  const methodId = given ?? payingMethod(context, invoice);
  if (methodId === undefined) throw noPaymentMethod();
  const method = find(context.tables.paymentMethods, 'PaymentMethod', methodId, 'payment_method');
  const decline = testCards.get(context.tables.cards.get(method.id) ?? '')?.refusesCharge;
  const payment = openPayment(context, invoice);
  return decline ? declined(context, invoice, payment, method, decline) : paid(context, invoice, payment, method);
}

export const noPaymentMethod = () =>
  invalid('This customer has no attached payment source or default payment method. Please consider adding a default payment method.', {
    code: 'resource_missing',
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

interface OpenPayment {
  readonly intent: Stripe.PaymentIntent;
  readonly record: Stripe.InvoicePayment;
}

/** The one payment of an invoice: made at the first attempt, used again by later ones. */
export function openPayment({ tables, id, now, emit }: StripeContext, invoice: Stripe.Invoice): OpenPayment {
  const record = tables.invoicePayments.values().find((row) => row.invoice === invoice.id && row.status === 'open');
  const known = record?.payment.payment_intent;
  if (record && known) return { record, intent: find(tables.paymentIntents, 'payment_intent', idOf(known), 'payment_intent') };
  const { amount_due: amount, currency } = invoice;
  const intent = newPaymentIntent({
    id: id('pi'),
    customer: idOf(invoice.customer ?? ''),
    amount,
    currency,
    now: now(),
  }) as Stripe.PaymentIntent;
  const created: Stripe.InvoicePayment = {
    id: id('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: amount,
    created: now(),
    currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { type: 'payment_intent', payment_intent: intent.id },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  };
  tables.paymentIntents.put(intent.id, intent);
  tables.invoicePayments.put(created.id, created);
  emit('payment_intent.created', intent);
  return { intent, record: created };
}

function charge(context: StripeContext, intent: Stripe.PaymentIntent, method: Stripe.PaymentMethod, decline?: Decline): Stripe.Charge {
  const payment = {
    id: context.id('ch'),
    customer: idOf(intent.customer ?? ''),
    amount: intent.amount,
    currency: intent.currency,
    now: context.now(),
  };
  const made = newCharge(payment, intent.id, method.id, decline) as Stripe.Charge;
  context.tables.charges.put(made.id, made);
  context.emit(decline ? 'charge.failed' : 'charge.succeeded', made);
  return made;
}

function paid(context: StripeContext, invoice: Stripe.Invoice, { intent, record }: OpenPayment, method: Stripe.PaymentMethod): Collected {
  const { tables, emit, now } = context;
  const made = charge(context, intent, method);
  const succeeded: Stripe.PaymentIntent = {
    ...intent,
    status: 'succeeded',
    amount_received: intent.amount,
    latest_charge: made.id,
    payment_method: method.id,
    last_payment_error: null,
  };
  const settled: Stripe.InvoicePayment = {
    ...record,
    status: 'paid',
    amount_paid: intent.amount,
    status_transitions: { canceled_at: null, paid_at: now() },
  };
  tables.paymentIntents.put(intent.id, succeeded);
  tables.invoicePayments.put(record.id, settled);
  emit('payment_intent.succeeded', succeeded);
  emit('invoice_payment.paid', settled);
  const after = markPaid(context, invoice, { attempted: true });
  afterPayment(context, after);
  return { invoice: after };
}

function declined(
  context: StripeContext,
  invoice: Stripe.Invoice,
  { intent }: OpenPayment,
  method: Stripe.PaymentMethod,
  decline: Decline,
): Collected {
  const made = charge(context, intent, method, decline);
  const error = { type: 'card_error' as const, ...decline, advice_code: 'try_again_later', charge: made.id };
  const failed = { ...intent, latest_charge: made.id, last_payment_error: { ...error, payment_method: method } } as Stripe.PaymentIntent;
  context.tables.paymentIntents.put(intent.id, failed);
  context.emit('payment_intent.payment_failed', failed);
  const after = updateInvoice(context, invoice, { attempted: true, attempt_count: Math.max(1, invoice.attempt_count) });
  context.emit('invoice.payment_failed', after);
  context.emit('invoice.updated', after, changes(invoice, after));
  return { invoice: after, decline: new StripeFailure(402, { ...error, payment_intent: failed, payment_method: method }, true) };
}
