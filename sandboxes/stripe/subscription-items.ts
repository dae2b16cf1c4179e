import type Stripe from 'stripe';
import { find } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { missing } from './failure.ts';
import { listShape, page } from './lists.ts';
import { integer, metadata, oneOf, required, text } from './params.ts';
import { changeSubscription } from './update-subscription.ts';

const prorating = {
  payment_behavior: oneOf('allow_incomplete', 'error_if_incomplete'),
  proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
  proration_date: integer,
};
const path = '/v1/subscription_items/{item}';

/** The items of a subscription one by one: each change is a change of the subscription. */
export function subscriptionItemEndpoints(context: StripeContext): Endpoint[] {
  const { tables, indexes } = context;
  const subscriptionOf = (id: string): Stripe.Subscription => {
    const [found] = indexes.subscriptionsOfItem.of(id);
    if (!found) throw missing('subscription_item', id);
    return found;
  };
  const itemOf = ({ items }: Stripe.Subscription, id: string): Stripe.SubscriptionItem => {
    const found = items.data.find((item) => item.id === id);
    if (!found) throw missing('subscription_item', id);
    return found;
  };
  return [
    endpoint('GET /v1/subscription_items', { ...listShape, subscription: required(text) }, ({ subscription, ...paging }) => {
      const { items } = find(tables.subscriptions, 'subscription', subscription, 'subscription');
      return page(items.data, '/v1/subscription_items', paging);
    }),
    endpoint(`GET ${path}`, {}, (_, { id }) => itemOf(subscriptionOf(id), id)),
    endpoint(
      'POST /v1/subscription_items',
      { ...prorating, metadata, price: required(text), quantity: integer, subscription: required(text) },
      ({ subscription, price, quantity, metadata: pairs, ...how }) => {
        const before = find(tables.subscriptions, 'subscription', subscription, 'subscription');
        const after = changeSubscription(context, before, { ...how, items: [{ price, quantity, metadata: pairs }] });
        return itemOf(after, after.items.data.at(-1)?.id ?? '');
      },
    ),
    endpoint(
      `POST ${path}`,
      { ...prorating, metadata, price: text, quantity: integer },
      ({ price, quantity, metadata: pairs, ...how }, { id }) =>
        itemOf(changeSubscription(context, subscriptionOf(id), { ...how, items: [{ id, price, quantity, metadata: pairs }] }), id),
    ),
    endpoint(`DELETE ${path}`, prorating, (how, { id }) => {
      changeSubscription(context, subscriptionOf(id), { ...how, items: [{ id, deleted: true }] });
      return { id, object: 'subscription_item', deleted: true };
    }),
  ];
}
