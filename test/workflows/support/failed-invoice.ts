import type Stripe from 'stripe';
import { idOf } from '../../../platform/stripe.ts';

export interface FailedInvoice {
  readonly customerId: string;
  readonly subscriptionId: string;
  readonly stripeInvoiceId: string;
  /** Of the cards, in their order. */
  readonly methods: readonly string[];
}

/**
 * A customer whose first bill the card did not pay.
 * @param cards of the sandbox; the first is the default
 */
export async function failInvoice(stripe: Stripe, tenantId: string, cards: readonly string[]): Promise<FailedInvoice> {
  const metadata = { tenant_id: tenantId };
  const { id: customer } = await stripe.customers.create({ name: 'Lincoln High', metadata });
  const methods: string[] = [];
  // The newest comes first among the backups.
  for (const card of cards.toReversed()) methods.unshift((await stripe.paymentMethods.attach(card, { customer })).id);
  if (methods[0]) await setDefault(stripe, customer, methods[0]);
  const product = await stripe.products.create({ name: 'ToolboxAI School' });
  const price = await stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: 4_900, recurring: { interval: 'month' } });
  const subscription = await stripe.subscriptions.create({ customer, items: [{ price: price.id }], metadata });
  return { customerId: customer, subscriptionId: subscription.id, stripeInvoiceId: idOf(subscription.latest_invoice ?? ''), methods };
}

export const setDefault = (stripe: Stripe, customer: string, method: string): Promise<unknown> =>
  stripe.customers.update(customer, { invoice_settings: { default_payment_method: method } });
