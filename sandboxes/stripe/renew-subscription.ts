import type Stripe from 'stripe';
import { idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { advancing, customerOf, dueDate, makeDraft, pendingItems } from './draft-invoice.ts';
import { itemLine, subscriptionLine } from './invoice-lines.ts';
import { draftInvoice } from './invoice-objects.ts';
import { voidInvoice } from './invoice-states.ts';
import { periodEnd } from './periods.ts';
import { billingSettings } from './retries.ts';
import { subscriptionPeriodEnd } from './subscription-objects.ts';
import { cancelNow, updateSubscription } from './subscription-states.ts';

/** The end of a period: of a trial, with what its settings say, or of a paid one. */
export function endPeriod(context: StripeContext, subscription: Stripe.Subscription): void {
  if (subscription.status !== 'trialing') return renew(context, subscription);
  const { missing_payment_method: behavior } = subscription.trial_settings?.end_behavior ?? {};
  if (hasPaymentMethod(context, subscription) || behavior === 'create_invoice') return renew(context, subscription);
  if (behavior === 'cancel') return void cancelNow(context, subscription);
  const paused = updateSubscription(context, subscription, { status: 'paused' });
  context.emit('customer.subscription.paused', paused);
}

const hasPaymentMethod = (context: StripeContext, subscription: Stripe.Subscription): boolean =>
  (subscription.default_payment_method ?? customerOf(context, subscription).invoice_settings.default_payment_method ?? null) !== null;

/** The items with the period that begins now, where theirs is over. */
export const renewedItems = ({ items, billing_cycle_anchor: anchor }: Stripe.Subscription, now: number): Stripe.SubscriptionItem[] =>
  items.data.map((item) =>
    item.current_period_end > now || !item.price.recurring
      ? item
      : { ...item, current_period_start: item.current_period_end, current_period_end: periodEnd(anchor, item.price.recurring, now) },
  );

/** A new period begins, with the draft of its invoice. Nothing is collected for who is unpaid, or whose collection is paused. */
export function renew(context: StripeContext, before: Stripe.Subscription): void {
  const now = context.now();
  const items = renewedItems(before, now);
  const begun = items.filter((item, index) => item !== before.items.data[index]);
  const status = before.status === 'trialing' ? 'active' : before.status;
  const subscription = { ...before, status, items: { ...before.items, data: items } };
  const held = status === 'unpaid' || before.pause_collection?.behavior === 'keep_as_draft';
  const draft = makeDraft(context, {
    ...toBill(context, subscription, begun),
    reason: 'subscription_cycle',
    subscription,
    period: { start: before.items.data[0]?.current_period_start ?? now, end: now },
    more: held ? { auto_advance: false } : collected(context, subscription),
  });
  updateSubscription(context, before, { status, items: subscription.items, latest_invoice: draft.id });
}

const toBill = (context: StripeContext, subscription: Stripe.Subscription, begun: readonly Stripe.SubscriptionItem[]) => {
  const { customer, currency, id } = subscription;
  return {
    customer: idOf(customer),
    currency,
    lines: begun.map((item) => subscriptionLine(context, item, false)),
    items: pendingItems(context, { customer: idOf(customer), currency, subscription: id }),
  };
};

function collected(context: StripeContext, { collection_method, days_until_due: days }: Stripe.Subscription): Partial<Stripe.Invoice> {
  const finalizes = advancing(context.now() + billingSettings(context).draftSeconds);
  return collection_method === 'send_invoice'
    ? { ...finalizes, next_payment_attempt: null, due_date: dueDate(context.now(), days) }
    : finalizes;
}

/** Nobody paid the first invoice in time: the subscription is over before it began. */
export function expireIncomplete(context: StripeContext, before: Stripe.Subscription): void {
  const latest = before.latest_invoice === null ? undefined : context.tables.invoices.get(idOf(before.latest_invoice));
  updateSubscription(context, before, { status: 'incomplete_expired', ended_at: context.now() });
  if (latest?.status === 'open') voidInvoice(context, latest);
}

/** What the next renewal will come to, as its announcement tells it: an invoice without an id. */
export function upcomingInvoice(context: StripeContext, subscription: Stripe.Subscription): Omit<Stripe.Invoice, 'id'> {
  const at = subscriptionPeriodEnd(subscription);
  const items = renewedItems(subscription, at);
  const { lines, items: pending, currency } = toBill(context, subscription, items);
  const { id: _, ...invoice } = draftInvoice({
    id: 'upcoming',
    customer: customerOf(context, subscription),
    lines: [...lines, ...pending.map((item) => itemLine(context, item))],
    currency,
    reason: 'upcoming',
    now: at,
    subscription,
  });
  return { ...invoice, next_payment_attempt: at + billingSettings(context).draftSeconds };
}
