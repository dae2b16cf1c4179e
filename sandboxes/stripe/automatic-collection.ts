import type Stripe from 'stripe';
import { collect, failed, payingMethod, settle } from './collect.ts';
import { idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { openPayment } from './invoice-payments.ts';
import { finalizeInvoice, markUncollectible, sendInvoice, voidInvoice } from './invoice-states.ts';
import { billingSettings, hardDeclines } from './retries.ts';
import { cancelNow, subscriptionOf, updateSubscription } from './subscription-states.ts';

/** The draft's hour is over: it is finalised, and sent or charged. */
export function finalizeByItself(context: StripeContext, draft: Stripe.Invoice): void {
  const paused = subscriptionOf(context, draft)?.pause_collection?.behavior;
  if (draft.collection_method === 'send_invoice' && !paused) {
    const sent = sendInvoice(context, draft);
    if (sent.amount_remaining === 0) settle(context, sent, { attempted: false });
    return;
  }
  const open = finalizeInvoice(context, draft);
  if (paused === 'void') voidInvoice(context, open);
  else if (paused === 'mark_uncollectible') markUncollectible(context, open);
  else attemptByItself(context, open);
}

/** Stripe's own attempt, the first or one of its retries. */
export function attemptByItself(context: StripeContext, open: Stripe.Invoice): void {
  const after = attempt(context, open);
  const retries = billingSettings(context).retryDays.length;
  if (after.status === 'open' && retries > 0 && after.next_payment_attempt === null) giveUp(context, after);
}

function attempt(context: StripeContext, open: Stripe.Invoice): Stripe.Invoice {
  if (open.amount_remaining === 0) return settle(context, open, { attempted: false }).invoice;
  const method = payingMethod(context, open);
  // One that was taken away since, or was never the customer's, is none.
  if (method === undefined || context.tables.paymentMethods.get(method)?.customer !== open.customer) {
    openPayment(context, open);
    return failed(context, open, { automatic: true });
  }
  // The schedule of retries goes on, but the bank is not asked again.
  if (isHopeless(context, open, method)) return failed(context, open, { automatic: true, charged: false });
  return collect(context, open, { automatic: true }).invoice;
}

/** The last charge was refused for good, and there is no other payment method yet. */
function isHopeless({ indexes }: StripeContext, invoice: Stripe.Invoice, method: string): boolean {
  const intent = indexes.paymentsOfInvoice.of(invoice.id).at(-1)?.payment.payment_intent;
  const last = intent === undefined ? undefined : indexes.chargesOfIntent.of(idOf(intent)).at(-1);
  const code = last?.outcome?.reason ?? last?.failure_code;
  return last?.status === 'failed' && last.payment_method === method && hardDeclines.has(code ?? '');
}

/** The last retry has failed: what the account's settings say of such subscriptions. */
function giveUp(context: StripeContext, invoice: Stripe.Invoice): void {
  const subscription = subscriptionOf(context, invoice);
  if (!subscription || subscription.ended_at !== null) return;
  const { afterRetries } = billingSettings(context);
  if (afterRetries === 'cancel') cancelNow(context, subscription, { reason: 'payment_failed' });
  if (afterRetries === 'mark_unpaid') updateSubscription(context, subscription, { status: 'unpaid' });
}
