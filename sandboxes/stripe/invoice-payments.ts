import type Stripe from 'stripe';
import { changes, find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { newPaymentIntent } from './payment-objects.ts';

export interface OpenPayment {
  readonly intent: Stripe.PaymentIntent;
  readonly record: Stripe.InvoicePayment;
}

/** The payment of an invoice that waits to succeed. */
function waiting({ tables, indexes }: StripeContext, invoice: Stripe.Invoice): OpenPayment | undefined {
  const record = indexes.paymentsOfInvoice.of(invoice.id).find(({ status }) => status === 'open');
  const known = record?.payment.payment_intent;
  return record && known ? { record, intent: find(tables.paymentIntents, 'payment_intent', idOf(known), 'payment_intent') } : undefined;
}

/** The one payment of an invoice: made at the first attempt, used again by later ones. */
export function openPayment(context: StripeContext, invoice: Stripe.Invoice): OpenPayment {
  const { tables, id, now, emit } = context;
  const { amount_remaining: amount, currency } = invoice;
  const known = waiting(context, invoice);
  if (known) return { ...known, intent: known.intent.amount === amount ? known.intent : { ...known.intent, amount } };
  const customer = idOf(invoice.customer ?? '');
  const intent = newPaymentIntent({ id: id('pi'), customer, amount, currency, now: now() }) as Stripe.PaymentIntent;
  const record: Stripe.InvoicePayment = {
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
  tables.invoicePayments.put(record.id, record);
  emit('payment_intent.created', intent);
  return { intent, record };
}

/** An invoice that will not be paid this way takes its waiting payment with it. */
export function cancelPayment(context: StripeContext, invoice: Stripe.Invoice, reason: Stripe.PaymentIntent.CancellationReason): void {
  const known = waiting(context, invoice);
  if (!known) return;
  const { intent, record } = known;
  context.tables.invoicePayments.put(record.id, {
    ...record,
    status: 'canceled',
    status_transitions: { canceled_at: context.now(), paid_at: null },
  });
  cancelIntent(context, intent, reason);
}

export function cancelIntent(
  { tables, emit, now }: StripeContext,
  intent: Stripe.PaymentIntent,
  reason: Stripe.PaymentIntent.CancellationReason | null,
): Stripe.PaymentIntent {
  const after: Stripe.PaymentIntent = {
    ...intent,
    status: 'canceled',
    canceled_at: now(),
    cancellation_reason: reason,
    next_action: null,
  };
  tables.paymentIntents.put(after.id, after);
  emit('payment_intent.canceled', after, changes(intent, after));
  return after;
}
