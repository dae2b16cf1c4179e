import type Stripe from 'stripe';
import { changed } from './changed-subscription.ts';
import { find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { pendingItems } from './draft-invoice.ts';
import { invalid } from './failure.ts';
import { itemLine, newInvoiceItem, subscriptionLine } from './invoice-lines.ts';
import { draftInvoice } from './invoice-objects.ts';
import { automaticTax } from './invoice-params.ts';
import { boolean, integer, listOf, maxLength, metadata, object, oneOf, required, text } from './params.ts';
import type { Params } from './params.ts';
import { prorations } from './prorations.ts';
import { renewedItems } from './renew-subscription.ts';
import { billingSettings } from './retries.ts';
import { newSubscription } from './start-subscription.ts';
import { subscriptionPeriodEnd } from './subscription-objects.ts';
import { previewable } from './subscription-params.ts';

const item = object({
  amount: integer,
  currency: text,
  description: maxLength(500),
  metadata,
  period: object({ start: required(integer), end: required(integer) }),
  price: text,
  quantity: integer,
});
export const previewParams = {
  automatic_tax: automaticTax,
  currency: text,
  customer: text,
  invoice_items: listOf(item),
  preview_mode: oneOf('next', 'recurring'),
  subscription: text,
  subscription_details: object({ ...previewable, cancel_now: boolean }),
};
type PreviewParams = Params<typeof previewParams>;

interface Outlook {
  readonly subscription?: Stripe.Subscription;
  readonly currency: string;
  readonly lines: readonly Stripe.InvoiceLineItem[];
  /** When that invoice would be made. */
  readonly at: number;
}

/** The invoice that would come next, or at once, if a subscription were changed or started so; nothing is kept of it. */
export function previewInvoice(context: StripeContext, params: PreviewParams): Omit<Stripe.Invoice, 'id'> & { id: string } {
  const known =
    params.subscription === undefined ? undefined : find(context.tables.subscriptions, 'subscription', params.subscription, 'subscription');
  const owner = params.customer ?? (known && idOf(known.customer));
  if (owner === undefined) throw invalid('Missing required param: customer.', { code: 'parameter_missing', param: 'customer' });
  const customer = find(context.tables.customers, 'customer', owner, 'customer');
  const { cancel_now: ends = false, ...change } = params.subscription_details ?? {};
  const { lines, currency, at, subscription } = known
    ? (ends ? ofEnd : ofChange)(context, known, change)
    : ofStart(context, customer, params);
  const extra = (params.invoice_items ?? []).map((one) => itemLine(context, extraItem(context, customer, one, currency)));
  const id = context.id('upcoming_in');
  const invoice = draftInvoice({ id, customer, lines: [...lines, ...extra], currency, reason: 'upcoming', now: at, subscription });
  const due = Math.max(0, invoice.total + customer.balance);
  return {
    ...invoice,
    ...(params.automatic_tax ? { automatic_tax: { ...invoice.automatic_tax, enabled: params.automatic_tax.enabled } } : {}),
    amount_due: due,
    amount_remaining: due,
    starting_balance: customer.balance,
    ending_balance: invoice.total + customer.balance - due,
    next_payment_attempt: at + billingSettings(context).draftSeconds,
  };
}

type Change = Params<typeof previewable>;

/** What waits for the next invoice already, and what a change makes up for of the period under way. */
function waitingLines(
  context: StripeContext,
  before: Stripe.Subscription,
  after: Parameters<typeof prorations>[2],
  { behavior, ...when }: { readonly behavior: Change['proration_behavior']; readonly at: number; readonly restarts: boolean },
): { readonly extra: Stripe.InvoiceLineItem[]; readonly prorated: number } {
  const prorated = before.status === 'trialing' || behavior === 'none' ? [] : prorations(context, before, after, when);
  const waiting = pendingItems(context, { customer: idOf(before.customer), currency: before.currency, subscription: before.id });
  return { extra: [...waiting, ...prorated].map((one) => itemLine(context, one)), prorated: prorated.length };
}

/** What is left to be asked for when it ends at once. */
function ofEnd(context: StripeContext, before: Stripe.Subscription, change: Change): Outlook {
  const { proration_behavior: behavior = 'create_prorations', proration_date: at = context.now() } = change;
  const { extra } = waitingLines(context, before, [], { behavior, at, restarts: false });
  return { subscription: before, currency: before.currency, at: context.now(), lines: extra };
}

function ofChange(
  context: StripeContext,
  before: Stripe.Subscription,
  { proration_behavior: behavior = 'create_prorations', proration_date: at = context.now(), ...params }: Change,
): Outlook {
  const { items, restarts, change } = changed(context, before, params);
  const { extra, prorated } = waitingLines(context, before, items, { behavior, at, restarts });
  const subscription = { ...before, ...change };
  const { currency } = before;
  if (restarts) {
    const lines = [...items.map((one) => subscriptionLine(context, one, false)), ...extra];
    return { subscription, currency, at: context.now(), lines };
  }
  if (behavior === 'always_invoice' && prorated > 0) return { subscription, currency, at: context.now(), lines: extra };
  const end = subscriptionPeriodEnd(subscription);
  const ends = subscription.cancel_at !== null && subscription.cancel_at <= end;
  const renewed = ends ? [] : renewedItems(subscription, end).filter(({ current_period_start: start }) => start === end);
  return { subscription, currency, at: end, lines: [...renewed.map((one) => subscriptionLine(context, one, false)), ...extra] };
}

function ofStart(context: StripeContext, customer: Stripe.Customer, params: PreviewParams): Outlook {
  const { items = [], trial_end } = params.subscription_details ?? {};
  const currency = params.currency ?? customer.currency ?? 'usd';
  const now = context.now();
  const waiting = pendingItems(context, { customer: customer.id, currency }).map((one) => itemLine(context, one));
  if (items.length === 0) return { currency, at: now, lines: waiting };
  const wanted = items.flatMap(({ price, quantity }) => (price === undefined ? [] : [{ price, quantity }]));
  const subscription = newSubscription(context, { customer: customer.id, items: wanted, trial_end });
  const trial = subscription.status === 'trialing';
  const lines = subscription.items.data.map((one) => subscriptionLine(context, one, trial));
  return { subscription, currency: subscription.currency, at: now, lines: [...lines, ...waiting] };
}

function extraItem(
  context: StripeContext,
  customer: Stripe.Customer,
  given: Params<typeof previewParams>['invoice_items'] extends readonly (infer T)[] | undefined ? T : never,
  currency: string,
): Stripe.InvoiceItem {
  const price = given.price === undefined ? undefined : find(context.tables.prices, 'price', given.price, 'invoice_items[price]');
  const { quantity = 1 } = given;
  return newInvoiceItem(context, {
    customer,
    amount: given.amount ?? (price?.unit_amount ?? 0) * quantity,
    currency: given.currency ?? currency,
    description: given.description ?? null,
    quantity,
    ...(price ? { price: { of: price, unitAmount: price.unit_amount ?? 0 } } : {}),
    ...(given.period ? { period: given.period } : {}),
  });
}
