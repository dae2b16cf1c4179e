import type Stripe from 'stripe';
import { stripeCall, unless } from '../stripe.ts';

export type ContactStripe = { readonly customers: Pick<Stripe['customers'], 'retrieve'> };

/** Whom Stripe writes to about a customer. */
export const contactOf = (stripe: ContactStripe) => ({
  /** Personal data in clear: never stored, logged or returned from an activity. Undefined when there is no such customer (any more). */
  async readContact(customerId: string): Promise<{ name: string | null; email: string | null; phone: string | null } | undefined> {
    const customer = await stripeCall(stripe.customers.retrieve(customerId).catch(unless('resource_missing')));
    if (!customer || customer.deleted) return undefined;
    return { name: customer.name ?? null, email: customer.email, phone: customer.phone ?? null };
  },
});
