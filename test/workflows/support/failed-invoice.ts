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
 * A customer who paid once and asked for more since, which the card of now did not pay: the subscription is past due.
 * @param cards of the sandbox; the first is the default
 */
export async function failInvoice(stripe: Stripe, tenantId: string, cards: readonly string[]): Promise<FailedInvoice> {
  const metadata = { tenant_id: tenantId };
  const { id: customer } = await stripe.customers.create({ name: 'Lincoln High', metadata });
  const good = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  await setDefault(stripe, customer, good.id);
  const product = await stripe.products.create({ name: 'ToolboxAI School' });
  const price = await stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: 4_900, recurring: { interval: 'month' } });
  const { id, items } = await stripe.subscriptions.create({ customer, items: [{ price: price.id }], metadata });
  const methods: string[] = [];
  // The newest comes first among the backups.
  for (const card of cards.toReversed()) methods.unshift((await stripe.paymentMethods.attach(card, { customer })).id);
  if (methods[0]) await setDefault(stripe, customer, methods[0]);
  await stripe.paymentMethods.detach(good.id);
  const more = [{ id: items.data[0]?.id ?? '', quantity: 2 }];
  const { latest_invoice: latest } = await stripe.subscriptions.update(id, { items: more, proration_behavior: 'always_invoice' });
  return { customerId: customer, subscriptionId: id, stripeInvoiceId: idOf(latest ?? ''), methods };
}

export const setDefault = (stripe: Stripe, customer: string, method: string): Promise<unknown> =>
  stripe.customers.update(customer, { invoice_settings: { default_payment_method: method } });
