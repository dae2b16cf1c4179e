import type Stripe from 'stripe';
import type { StripeContext } from './context.ts';
import { customerOf } from './draft-invoice.ts';
import { newInvoiceItem, productName } from './invoice-lines.ts';

type Item = Stripe.SubscriptionItem;

const shortDate = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short', year: 'numeric', timeZone: 'UTC' });

/**
 * What a change is worth for the rest of the period: for each item that changed, a credit for what it was and an amount for what it is,
 * rounded each on its own. Not kept yet.
 * @param at unix seconds: from when on
 * @param restarts a new period begins, and is billed whole: all of the old one is credited, and only that
 */
export function prorations(
  context: StripeContext,
  before: Stripe.Subscription,
  after: readonly Item[],
  { at, restarts }: { at: number; restarts: boolean },
): Stripe.InvoiceItem[] {
  const known = new Map(before.items.data.map((item) => [item.id, item]));
  const kept = new Set(after.filter((item) => !restarts && isUnchanged(known.get(item.id), item)).map(({ id }) => id));
  const credits = before.items.data.filter(({ id }) => !kept.has(id));
  const debits = restarts ? [] : after.filter(({ id }) => !kept.has(id));
  return [
    ...credits.map((item) => rest(context, before, item, { at, sign: -1 })),
    ...debits.map((item) => rest(context, before, item, { at, sign: 1 })),
  ];
}

const isUnchanged = (before: Item | undefined, after: Item) => before?.price.id === after.price.id && before.quantity === after.quantity;

function rest(
  context: StripeContext,
  subscription: Stripe.Subscription,
  item: Item,
  { at, sign }: { at: number; sign: 1 | -1 },
): Stripe.InvoiceItem {
  const { current_period_start: start, current_period_end: end } = item;
  const quantity = item.quantity ?? 1;
  const unitAmount = item.price.unit_amount ?? 0;
  const share = Math.min(1, Math.max(0, (end - at) / (end - start)));
  const name = `${quantity > 1 ? `${quantity} × ` : ''}${productName(context, item.price)}`;
  return newInvoiceItem(context, {
    customer: customerOf(context, subscription),
    // Not -0, which JSON does not know.
    amount: sign * Math.round(unitAmount * quantity * share) || 0,
    currency: item.price.currency,
    description: `${sign < 0 ? 'Unused time on' : 'Remaining time on'} ${name} after ${shortDate.format(at * 1000)}`,
    period: { start: at, end },
    price: { of: item.price, unitAmount },
    quantity,
    subscription: subscription.id,
    subscriptionItem: item.id,
    proration: true,
  });
}
