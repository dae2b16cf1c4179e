import type Stripe from 'stripe';
import { find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { invalid, missing } from './failure.ts';
import { embedded } from './lists.ts';
import { mergeMetadata } from './params.ts';
import { periodEnd } from './periods.ts';
import { createItem } from './subscription-objects.ts';
import type { ChangeParams, UpdateParams } from './subscription-params.ts';

type ItemParams = NonNullable<ChangeParams['items']>[number];

/** How a subscription will be billed after a change, without anything done yet. */
export interface Changed {
  readonly change: Partial<Stripe.Subscription>;
  readonly items: readonly Stripe.SubscriptionItem[];
  /** A new period begins now, and is billed whole. */
  readonly restarts: boolean;
}

export function changed(context: StripeContext, before: Stripe.Subscription, params: ChangeParams): Changed {
  const given = params.items ? changedItems(context, before, params.items) : before.items.data;
  const endsTrial = params.trial_end === 'now' && before.status === 'trialing';
  const cycles = (items: readonly Stripe.SubscriptionItem[]) => new Set(items.map(({ price }) => JSON.stringify(price.recurring)));
  const otherCycle = before.status !== 'trialing' && [...cycles(given)].every((cycle) => !cycles(before.items.data).has(cycle));
  const restarts = endsTrial || otherCycle || params.billing_cycle_anchor === 'now';
  const items = restarts ? given.map((item) => restarted(item, context.now())) : given;
  const trial =
    typeof params.trial_end === 'number' ? trialUntil(context, before, { ...before.items, data: [...items] }, params.trial_end) : {};
  return {
    restarts,
    items: trial.items?.data ?? items,
    change: {
      items: embedded([...items], before.items.url),
      ...(restarts ? { billing_cycle_anchor: context.now() } : {}),
      ...(endsTrial ? { status: 'active', trial_end: context.now() } : {}),
      ...trial,
      ...cancelling(context, before, items, params),
    },
  };
}

const restarted = (item: Stripe.SubscriptionItem, now: number): Stripe.SubscriptionItem =>
  item.price.recurring ? { ...item, current_period_start: now, current_period_end: periodEnd(now, item.price.recurring) } : item;

function trialUntil(
  { now }: StripeContext,
  before: Stripe.Subscription,
  items: Stripe.Subscription['items'],
  end: number,
): Partial<Stripe.Subscription> {
  if (end <= now()) throw invalid('Invalid timestamp: must be an integer Unix timestamp in the future.', { param: 'trial_end' });
  return {
    trial_end: end,
    trial_start: before.trial_start ?? now(),
    billing_cycle_anchor: end,
    status: 'trialing',
    items: { ...items, data: items.data.map((item) => ({ ...item, current_period_end: end })) },
  };
}

function cancelling(
  { now }: StripeContext,
  before: Stripe.Subscription,
  items: readonly Stripe.SubscriptionItem[],
  { cancel_at_period_end: atEnd, cancel_at: at }: Pick<UpdateParams, 'cancel_at_period_end' | 'cancel_at'>,
): Partial<Stripe.Subscription> {
  const end = Math.max(...items.map(({ current_period_end }) => current_period_end));
  if (atEnd) return { cancel_at_period_end: true, cancel_at: end, canceled_at: before.canceled_at ?? now() };
  if (typeof at === 'number') return { cancel_at_period_end: false, cancel_at: at, canceled_at: before.canceled_at ?? now() };
  return atEnd === false || at === null ? { cancel_at_period_end: false, cancel_at: null, canceled_at: null } : {};
}

/** Named items change in place, items without an id are new. */
function changedItems(context: StripeContext, before: Stripe.Subscription, given: readonly ItemParams[]): Stripe.SubscriptionItem[] {
  const items = new Map(before.items.data.map((item) => [item.id, item]));
  for (const [index, params] of given.entries()) {
    const name = `items[${index}]`;
    const known = params.id === undefined ? undefined : items.get(params.id);
    if (params.id !== undefined && !known) throw missing('subscription item', params.id, `${name}[id]`);
    if (known && params.deleted) items.delete(known.id);
    else {
      const item = known ? changedItem(context, known, params, name) : addedItem(context, before, params, name);
      items.set(item.id, item);
    }
  }
  if (items.size === 0) throw invalid('A subscription must have at least one active item.', { param: 'items' });
  return [...items.values()];
}

function addedItem(context: StripeContext, before: Stripe.Subscription, params: ItemParams, name: string): Stripe.SubscriptionItem {
  const { price } = params;
  if (price === undefined) throw invalid(`Missing required param: ${name}[price].`, { code: 'parameter_missing', param: `${name}[price]` });
  const trialEnd = before.status === 'trialing' ? before.trial_end : null;
  const at = { name, start: context.now(), trialEnd, anchor: before.billing_cycle_anchor };
  const item = createItem(context, before.id, { ...params, price }, at);
  // It joins the period the others are in.
  const beside = before.items.data.find(({ current_period_end: end }) => end === item.current_period_end);
  return beside ? { ...item, current_period_start: beside.current_period_start } : item;
}

/** Another price sets the quantity back to 1 unless one is given. */
function changedItem({ tables }: StripeContext, known: Stripe.SubscriptionItem, params: ItemParams, name: string): Stripe.SubscriptionItem {
  const price = params.price === undefined ? known.price : find(tables.prices, 'price', params.price, `${name}[price]`);
  const unchanged = idOf(price) === known.price.id;
  return {
    ...known,
    price,
    quantity: params.quantity ?? (unchanged ? (known.quantity ?? 1) : 1),
    metadata: mergeMetadata(known.metadata, params.metadata),
  };
}
