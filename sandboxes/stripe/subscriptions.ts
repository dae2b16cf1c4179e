import type Stripe from 'stripe';
import { find } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { missing } from './failure.ts';
import { createdShape, listShape, page, withinRange } from './lists.ts';
import { oneOf, text } from './params.ts';
import { cancelByHand, resume } from './end-subscription.ts';
import { startSubscription } from './start-subscription.ts';
import { cancellable, creatable, listedStatuses, updatable } from './subscription-params.ts';
import { changeSubscription } from './update-subscription.ts';

const listable = { ...listShape, ...createdShape, customer: text, price: text, status: listedStatuses, test_clock: text };
const path = '/v1/subscriptions/{subscription_exposed_id}';

export function subscriptionEndpoints(context: StripeContext): Endpoint[] {
  const { tables } = context;
  const one = (id: string) => find(tables.subscriptions, 'subscription', id);
  return [
    endpoint('POST /v1/subscriptions', creatable, (params) => startSubscription(context, params)),
    endpoint('GET /v1/subscriptions', listable, ({ customer, price, status, created, test_clock: clock, ...paging }) => {
      const rows = (customer === undefined ? tables.subscriptions.values() : context.indexes.subscriptionsOf.of(customer))
        .filter(
          (row) =>
            hasStatus(row, status) && (clock === undefined ? customer !== undefined || row.test_clock === null : row.test_clock === clock),
        )
        .filter((row) => price === undefined || row.items.data.some((item) => item.price.id === price))
        .filter((row) => withinRange(row.created, created));
      return page(rows, '/v1/subscriptions', paging);
    }),
    endpoint(`GET ${path}`, {}, (_, { id }) => one(id)),
    endpoint(`POST ${path}`, updatable, (params, { id }) => changeSubscription(context, one(id), params)),
    endpoint(`DELETE ${path}`, cancellable, ({ cancellation_details: details, invoice_now, prorate }, { id }) => {
      const subscription = one(id);
      if (subscription.ended_at !== null) throw missing('subscription', id);
      return cancelByHand(context, subscription, { details, invoice_now, prorate });
    }),
    endpoint('POST /v1/subscriptions/{subscription}/resume', { billing_cycle_anchor: oneOf('now', 'unchanged') }, (_, { id }) =>
      resume(context, one(id)),
    ),
  ];
}

/** Without a status Stripe lists all that are not canceled. */
function hasStatus({ status }: Stripe.Subscription, wanted: string | undefined): boolean {
  if (wanted === undefined) return status !== 'canceled';
  if (wanted === 'all') return true;
  return wanted === 'ended' ? ['canceled', 'incomplete_expired'].includes(status) : status === wanted;
}
