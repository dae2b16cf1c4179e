import type Stripe from 'stripe';
import { VendorKeySpentError, VendorRefusedError } from '../domain/errors.ts';
import { priceLookupKey, type Plan } from '../domain/plans.ts';
import { changesOf, type ChangesStripe } from './billing/changes.ts';
import { customerDetailsOf, type CustomerDetailsStripe } from './billing/customer-details.ts';
import { collectionOf, type CollectionStripe } from './billing/collection.ts';
import { contactOf, type ContactStripe } from './billing/contact.ts';
import { eventsOf, type EventsStripe } from './billing/events.ts';
import { invoicesOf, type InvoicesStripe } from './billing/invoices.ts';
import { linksOf, type LinksStripe } from './billing/links.ts';
import { moneyBackOf, type MoneyBackStripe } from './billing/money-back.ts';
import { subscriptionsOf, type SubscriptionsStripe } from './billing/subscriptions.ts';
import { firstOf, stripeCall, unless } from './stripe.ts';

export type BillingStripe = Pick<Stripe, 'customers' | 'subscriptions' | 'products' | 'prices'> &
  InvoicesStripe &
  SubscriptionsStripe &
  ChangesStripe &
  MoneyBackStripe &
  LinksStripe &
  EventsStripe &
  CollectionStripe &
  CustomerDetailsStripe &
  ContactStripe;
export type Billing = ReturnType<typeof createBilling>;

const metadataOf = (tenantId: string): { tenant_id: string } => ({ tenant_id: tenantId });
// Our clock and Stripe's may differ; a few more customers to look through cost nothing.
const clockSlackSeconds = 3600;

/**
 * What the platform wants of Stripe: one customer a school, with the school's name and its tenant id and no person's data, and one
 * subscription. Objects are found again by listing, which is exact; search lags behind.
 * @param clock says when something was read: the same for all hosts, for the newest answer is the one that is kept
 */
export function createBilling(stripe: BillingStripe, clock: () => Date = () => new Date()) {
  return {
    ...invoicesOf(stripe, clock),
    ...subscriptionsOf(stripe, clock),
    ...eventsOf(stripe),
    ...changesOf(stripe),
    ...moneyBackOf(stripe),
    ...linksOf(stripe),
    ...collectionOf(stripe, clock),
    ...customerDetailsOf(stripe),
    ...contactOf(stripe),
    async createCustomer(tenantId: string, name: string, idempotencyKey: string): Promise<string> {
      return (await stripeCall(stripe.customers.create({ name, metadata: metadataOf(tenantId) }, { idempotencyKey }))).id;
    },
    /** The customer made for a tenant since a time. */
    async findCustomer(tenantId: string, since: Date): Promise<string | undefined> {
      const created = { gte: Math.floor(since.getTime() / 1000) - clockSlackSeconds };
      return stripeCall(firstOf(stripe.customers.list({ created, limit: 100 }), ({ metadata }) => metadata['tenant_id'] === tenantId));
    },
    /** Deletes a customer, which cancels its subscriptions at once. One that is gone is no error. */
    async deleteCustomer(id: string): Promise<void> {
      await stripeCall(stripe.customers.del(id).catch(unless('resource_missing')));
    },
    /** The price of a plan, found by its look-up key or made. */
    async ensurePrice(plan: Plan): Promise<string> {
      const lookupKey = priceLookupKey(plan);
      const found = await findPrice(stripe, lookupKey);
      if (found) return found;
      try {
        return await createPrice(stripe, plan, lookupKey);
      } catch (error) {
        // Another school's run may have been first: then the look-up key is taken, and found.
        const others = error instanceof VendorRefusedError ? await findPrice(stripe, lookupKey) : undefined;
        if (others) return others;
        throw error;
      }
    },
    async createSubscription(
      input: { tenantId: string; customerId: string; priceId: string; trialDays: number },
      idempotencyKey: string,
    ): Promise<string> {
      const { tenantId, customerId, priceId, trialDays } = input;
      const params = { customer: customerId, items: [{ price: priceId }], trial_period_days: trialDays, metadata: metadataOf(tenantId) };
      return (await stripeCall(stripe.subscriptions.create(params, { idempotencyKey }))).id;
    },
    /** The subscription a customer has for a tenant, whatever its state. */
    async findSubscription(tenantId: string, customerId: string): Promise<string | undefined> {
      const all = stripe.subscriptions.list({ customer: customerId, status: 'all', limit: 100 });
      return stripeCall(firstOf(all, ({ metadata }) => metadata['tenant_id'] === tenantId));
    },
    /** Cancels a subscription at once. One that is cancelled or gone is no error. */
    async cancelSubscription(id: string): Promise<void> {
      const { status } = await stripeCall(stripe.subscriptions.retrieve(id));
      if (status !== 'canceled') await stripeCall(stripe.subscriptions.cancel(id).catch(unless('resource_missing')));
    },
  };
}

async function findPrice(stripe: BillingStripe, lookupKey: string): Promise<string | undefined> {
  const { data } = await stripeCall(stripe.prices.list({ lookup_keys: [lookupKey], active: true, limit: 1 }));
  return data[0]?.id;
}

async function createPrice(stripe: BillingStripe, { id, title, monthly }: Plan, lookupKey: string): Promise<string> {
  // Product and price are found by names of ours, so a second one cannot come about: a key that is spent can be left out.
  const product = `toolbox_${id}`;
  const params = {
    currency: monthly.currency,
    unit_amount: monthly.amountMinor,
    recurring: { interval: 'month' as const },
    lookup_key: lookupKey,
    product,
  };
  await keyed(`product:${product}`, (options) =>
    stripe.products.create({ id: product, name: `ToolboxAI ${title}` }, options).catch(unless('resource_already_exists')),
  );
  return (await keyed(`price:${lookupKey}`, (options) => stripe.prices.create(params, options))).id;
}

async function keyed<T>(idempotencyKey: string, create: (options: { idempotencyKey?: string }) => Promise<T>): Promise<T> {
  try {
    return await stripeCall(create({ idempotencyKey }));
  } catch (error) {
    if (!(error instanceof VendorKeySpentError)) throw error;
    return stripeCall(create({}));
  }
}
