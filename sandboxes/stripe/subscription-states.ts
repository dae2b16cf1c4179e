import type Stripe from 'stripe';
import { changes, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { updateInvoice, voidInvoice } from './invoice-states.ts';

/** Keeps the change and tells of it; nothing happens when nothing changed. */
export function updateSubscription(
  { tables, emit }: StripeContext,
  before: Stripe.Subscription,
  change: Partial<Stripe.Subscription>,
): Stripe.Subscription {
  const after = { ...before, ...change };
  const previous = changes(before, after);
  if (Object.keys(previous).length === 0) return before;
  tables.subscriptions.put(after.id, after);
  emit('customer.subscription.updated', after, previous);
  return after;
}

/** Ends a subscription for good. An open first invoice that was never paid is voided with it. */
export function cancelNow(
  context: StripeContext,
  before: Stripe.Subscription,
  details?: Partial<Stripe.Subscription.CancellationDetails>,
): Stripe.Subscription {
  const now = context.now();
  const after: Stripe.Subscription = {
    ...before,
    status: before.status === 'incomplete' ? 'incomplete_expired' : 'canceled',
    canceled_at: before.canceled_at ?? now,
    ended_at: now,
    cancel_at_period_end: false,
    cancellation_details: {
      comment: null,
      feedback: null,
      feedback_option: null,
      ...details,
      reason: details?.reason ?? 'cancellation_requested',
    },
  };
  context.tables.subscriptions.put(after.id, after);
  const invoice = before.latest_invoice === null ? undefined : context.tables.invoices.get(idOf(before.latest_invoice));
  if (before.status === 'incomplete' && invoice?.status === 'open') voidInvoice(context, invoice);
  stopCollecting(context, context.indexes.invoicesOfSubscription.of(after.id));
  context.emit('customer.subscription.deleted', after);
  return after;
}

/** What is still to be paid is left to whoever asks for it by hand. */
export function stopCollecting(context: StripeContext, invoices: readonly Stripe.Invoice[]): void {
  for (const invoice of invoices) {
    if (!invoice.auto_advance || (invoice.status !== 'draft' && invoice.status !== 'open')) continue;
    const after = updateInvoice(context, invoice, { auto_advance: false, automatically_finalizes_at: null, next_payment_attempt: null });
    context.emit('invoice.updated', after, changes(invoice, after));
  }
}

/** Paying the latest invoice brings a subscription back, without any call of its own. */
export function afterPayment(context: StripeContext, invoice: Stripe.Invoice, method?: Stripe.PaymentMethod): void {
  const subscription = subscriptionOf(context, invoice);
  if (!subscription) return;
  const revived =
    subscription.latest_invoice === invoice.id && ['incomplete', 'past_due', 'paused', 'unpaid'].includes(subscription.status);
  const saved = method !== undefined && subscription.payment_settings?.save_default_payment_method === 'on_subscription';
  updateSubscription(context, subscription, {
    ...(revived ? { status: 'active' } : {}),
    ...(saved ? { default_payment_method: method.id } : {}),
  });
}

/** A renewal, or a change, that could not be collected. What was never paid at all stays incomplete. */
export function markPastDue(context: StripeContext, invoice: Stripe.Invoice): void {
  const subscription = subscriptionOf(context, invoice);
  if (subscription?.latest_invoice !== invoice.id) return;
  if (['active', 'trialing'].includes(subscription.status)) updateSubscription(context, subscription, { status: 'past_due' });
}

export function subscriptionOf({ tables }: StripeContext, { parent }: Stripe.Invoice): Stripe.Subscription | undefined {
  const reference = parent?.subscription_details?.subscription;
  return reference === undefined ? undefined : tables.subscriptions.get(idOf(reference));
}
