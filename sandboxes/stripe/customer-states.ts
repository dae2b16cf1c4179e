import type Stripe from 'stripe';
import type { StripeContext } from './context.ts';
import { cancelNow, stopCollecting } from './subscription-states.ts';

/** Ends the customer's subscriptions at once; what they owe is left as it is. */
export function deleteCustomer(context: StripeContext, customer: Stripe.Customer): Stripe.DeletedCustomer {
  const { tables, indexes, emit } = context;
  const { id } = customer;
  for (const subscription of indexes.subscriptionsOf.of(id)) if (subscription.ended_at === null) cancelNow(context, subscription);
  stopCollecting(context, indexes.invoicesOf.of(id));
  const deleted: Stripe.DeletedCustomer = { id, object: 'customer', deleted: true };
  tables.customers.delete(id);
  tables.deletedCustomers.put(id, deleted);
  emit('customer.deleted', customer);
  return deleted;
}
