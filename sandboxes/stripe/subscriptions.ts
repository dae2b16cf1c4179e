import type Stripe from 'stripe';
import { find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid } from './failure.ts';
import { createdShape, embedded, listShape, page, withinRange } from './lists.ts';
import { boolean, integer, listOf, mergeMetadata, metadata, object, oneOf, required, text, unsettable } from './params.ts';
import type { Params, Parse } from './params.ts';
import { startSubscription } from './start-subscription.ts';
import { createItem } from './subscription-objects.ts';
import { cancelNow, updateSubscription } from './subscription-states.ts';

const timestampOrNow: Parse<number | 'now'> = (raw, name) => (raw === 'now' ? 'now' : integer(raw, name));
const item = { price: required(text), quantity: integer, metadata };
const writable = {
  cancel_at_period_end: boolean,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  days_until_due: integer,
  default_payment_method: unsettable(text),
  description: unsettable(text),
  metadata,
  off_session: boolean,
  payment_behavior: oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete', 'pending_if_incomplete'),
  payment_settings: object({ save_default_payment_method: oneOf('off', 'on_subscription') }),
  proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
  trial_end: timestampOrNow,
  trial_settings: object({
    end_behavior: required(object({ missing_payment_method: required(oneOf('cancel', 'create_invoice', 'pause')) })),
  }),
};
const creatable = {
  ...writable,
  currency: text,
  customer: required(text),
  items: required(listOf(object(item))),
  trial_period_days: integer,
};
export type CreateParams = Params<typeof creatable>;
const updatable = { ...writable, items: listOf(object({ ...item, price: text, id: text, deleted: boolean })) };
const cancellation = {
  comment: unsettable(text),
  feedback: unsettable(
    oneOf('customer_service', 'low_quality', 'missing_features', 'other', 'switched_service', 'too_complex', 'too_expensive', 'unused'),
  ),
};
const statuses = oneOf(
  'active',
  'all',
  'canceled',
  'ended',
  'incomplete',
  'incomplete_expired',
  'past_due',
  'paused',
  'trialing',
  'unpaid',
);

export function subscriptionEndpoints(context: StripeContext): Endpoint[] {
  const { tables } = context;
  const one = (id: string) => find(tables.subscriptions, 'subscription', id);
  return [
    endpoint('POST /v1/subscriptions', creatable, (params) => startSubscription(context, params)),
    endpoint(
      'GET /v1/subscriptions',
      { ...listShape, ...createdShape, customer: text, price: text, status: statuses },
      ({ customer, price, status, created, ...paging }) => {
        const rows = tables.subscriptions
          .values()
          .filter((row) => (customer === undefined || row.customer === customer) && hasStatus(row, status))
          .filter((row) => price === undefined || row.items.data.some((line) => line.price.id === price))
          .filter((row) => withinRange(row.created, created));
        return page(rows, '/v1/subscriptions', paging);
      },
    ),
    endpoint('GET /v1/subscriptions/{subscription_exposed_id}', {}, (_, { id }) => one(id)),
    endpoint('POST /v1/subscriptions/{subscription_exposed_id}', updatable, (params, { id }) => update(context, one(id), params)),
    endpoint(
      'DELETE /v1/subscriptions/{subscription_exposed_id}',
      { cancellation_details: object(cancellation), invoice_now: boolean, prorate: boolean },
      ({ cancellation_details }, { id }) => {
        const subscription = one(id);
        if (subscription.ended_at !== null) throw invalid(`No such subscription: '${id}'`, { code: 'resource_missing', param: 'id' });
        return cancelNow(context, subscription, {
          comment: cancellation_details?.comment ?? null,
          feedback: cancellation_details?.feedback ?? null,
        });
      },
    ),
  ];
}

/** Without a status Stripe lists all that are not canceled. */
function hasStatus({ status }: Stripe.Subscription, wanted: string | undefined): boolean {
  if (wanted === undefined) return status !== 'canceled';
  if (wanted === 'all') return true;
  return wanted === 'ended' ? ['canceled', 'incomplete_expired'].includes(status) : status === wanted;
}

function update(context: StripeContext, before: Stripe.Subscription, params: Params<typeof updatable>): Stripe.Subscription {
  const {
    items,
    metadata: pairs,
    trial_end,
    trial_settings,
    payment_settings,
    payment_behavior,
    proration_behavior,
    off_session,
    ...plain
  } = params;
  const changesMore = Object.keys(params).some((key) => !['metadata', 'description'].includes(key));
  if (before.ended_at !== null && changesMore)
    throw invalid('A canceled subscription can only update its cancellation_details and metadata.');
  if (plain.default_payment_method)
    find(context.tables.paymentMethods, 'PaymentMethod', plain.default_payment_method, 'default_payment_method');
  const end = trial_end === 'now' ? context.now() : trial_end;
  return updateSubscription(context, before, {
    ...(plain as Partial<Stripe.Subscription>),
    ...(items ? { items: changedItems(context, before, items) } : {}),
    ...(end === undefined ? {} : trialUntil(context, before, end)),
    ...(trial_settings ? { trial_settings } : {}),
    ...(plain.cancel_at_period_end === undefined ? {} : cancelAtEnd(context, before, plain.cancel_at_period_end)),
    metadata: mergeMetadata(before.metadata, pairs),
  });
}

function trialUntil({ now }: StripeContext, before: Stripe.Subscription, end: number): Partial<Stripe.Subscription> {
  if (end < now()) throw invalid('Invalid timestamp: must be an integer Unix timestamp in the future.', { param: 'trial_end' });
  const items = before.items.data.map((line) => ({ ...line, current_period_end: end }));
  return {
    trial_end: end,
    trial_start: before.trial_start ?? now(),
    status: end > now() ? 'trialing' : 'active',
    items: { ...before.items, data: items },
  };
}

function cancelAtEnd({ now }: StripeContext, before: Stripe.Subscription, wanted: boolean): Partial<Stripe.Subscription> {
  const end = Math.max(...before.items.data.map(({ current_period_end }) => current_period_end));
  return wanted ? { cancel_at: end, canceled_at: before.canceled_at ?? now() } : { cancel_at: null, canceled_at: null };
}

/** Named items change in place; another price sets the quantity back to 1 unless one is given. Items without an id are new. */
function changedItems(
  context: StripeContext,
  before: Stripe.Subscription,
  given: NonNullable<Params<typeof updatable>['items']>,
): Stripe.Subscription['items'] {
  const items = new Map(before.items.data.map((line) => [line.id, line]));
  given.forEach(({ id, price, quantity, deleted, metadata: pairs }, index) => {
    const name = `items[${index}]`;
    const known = id === undefined ? undefined : items.get(id);
    if (id !== undefined && !known) throw invalid(`No such subscription item: '${id}'`, { code: 'resource_missing', param: `${name}[id]` });
    if (known && deleted) items.delete(known.id);
    else if (known) items.set(known.id, changedItem(context, known, { price, quantity, pairs, name }));
    else {
      if (price === undefined)
        throw invalid(`Missing required param: ${name}[price].`, { code: 'parameter_missing', param: `${name}[price]` });
      const added = createItem(
        context,
        before.id,
        { price, quantity, metadata: pairs },
        { name, start: context.now(), trialEnd: before.trial_end },
      );
      items.set(added.id, added);
    }
  });
  return embedded([...items.values()], before.items.url);
}

function changedItem(
  { tables }: StripeContext,
  known: Stripe.SubscriptionItem,
  {
    price,
    quantity,
    pairs,
    name,
  }: { price: string | undefined; quantity: number | undefined; pairs: Params<{ metadata: typeof metadata }>['metadata']; name: string },
): Stripe.SubscriptionItem {
  const next = price === undefined ? known.price : find(tables.prices, 'price', price, `${name}[price]`);
  const unchanged = idOf(next) === known.price.id;
  return {
    ...known,
    price: next,
    quantity: quantity ?? (unchanged ? (known.quantity ?? 1) : 1),
    metadata: mergeMetadata(known.metadata, pairs),
  };
}
