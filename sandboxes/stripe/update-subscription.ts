import type Stripe from 'stripe';
import { find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { invalid, missing } from './failure.ts';
import { embedded } from './lists.ts';
import { mergeMetadata } from './params.ts';
import { createItem } from './subscription-objects.ts';
import type { UpdateParams } from './subscription-params.ts';
import { updateSubscription } from './subscription-states.ts';

type ItemParams = NonNullable<UpdateParams['items']>[number];

/** Changes a subscription as `params` say. Nothing is prorated here, so a change that Stripe would prorate is refused. */
export function changeSubscription(context: StripeContext, before: Stripe.Subscription, params: UpdateParams): Stripe.Subscription {
  const { items, metadata: pairs, trial_end: trialEnd, payment_settings: payment, proration_behavior: proration, ...plain } = params;
  const changesMore = Object.keys(params).some((key) => !['metadata', 'description'].includes(key));
  if (before.ended_at !== null && changesMore) {
    throw invalid('A canceled subscription can only update its cancellation_details and metadata.');
  }
  if (items && before.status !== 'trialing' && proration !== 'none') {
    throw invalid('This sandbox makes no prorations: pass proration_behavior=none.', { param: 'proration_behavior' });
  }
  const methodId = plain.default_payment_method;
  if (methodId) find(context.tables.paymentMethods, 'PaymentMethod', methodId, 'default_payment_method');
  return updateSubscription(context, before, {
    ...(plain as Partial<Stripe.Subscription>),
    ...(items ? { items: changedItems(context, before, items) } : {}),
    ...(trialEnd === undefined ? {} : trialUntil(context, before, trialEnd)),
    ...(payment && before.payment_settings
      ? { payment_settings: { ...before.payment_settings, ...payment } as typeof before.payment_settings }
      : {}),
    ...(plain.cancel_at_period_end === undefined ? {} : cancelAtEnd(context, before, plain.cancel_at_period_end)),
    metadata: mergeMetadata(before.metadata, pairs),
  });
}

function trialUntil({ now }: StripeContext, before: Stripe.Subscription, end: number): Partial<Stripe.Subscription> {
  if (end <= now()) throw invalid('Invalid timestamp: must be an integer Unix timestamp in the future.', { param: 'trial_end' });
  const items = before.items.data.map((item) => ({ ...item, current_period_end: end }));
  return {
    trial_end: end,
    trial_start: before.trial_start ?? now(),
    billing_cycle_anchor: end,
    status: 'trialing',
    items: { ...before.items, data: items },
  };
}

function cancelAtEnd({ now }: StripeContext, before: Stripe.Subscription, wanted: boolean): Partial<Stripe.Subscription> {
  const end = Math.max(...before.items.data.map(({ current_period_end }) => current_period_end));
  return wanted ? { cancel_at: end, canceled_at: before.canceled_at ?? now() } : { cancel_at: null, canceled_at: null };
}

/** Named items change in place, items without an id are new. */
function changedItems(context: StripeContext, before: Stripe.Subscription, given: readonly ItemParams[]): Stripe.Subscription['items'] {
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
  return embedded([...items.values()], before.items.url);
}

function addedItem(
  context: StripeContext,
  { id, trial_end }: Stripe.Subscription,
  params: ItemParams,
  name: string,
): Stripe.SubscriptionItem {
  const { price } = params;
  if (price === undefined) throw invalid(`Missing required param: ${name}[price].`, { code: 'parameter_missing', param: `${name}[price]` });
  return createItem(context, id, { ...params, price }, { name, start: context.now(), trialEnd: trial_end });
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
