import type Stripe from 'stripe';

/** Subscriptions that are changed, with what that is worth. */
export async function changes(stripe: Stripe, price: string): Promise<void> {
  const { id: customer } = await stripe.customers.create({});
  const { id: default_payment_method } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  const { id, items } = await stripe.subscriptions.create({
    customer,
    items: [{ price }],
    default_payment_method,
    automatic_tax: { enabled: false },
  });
  const item = items.data[0]?.id ?? '';
  await stripe.invoices.createPreview({
    subscription: id,
    subscription_details: { items: [{ id: item, quantity: 4 }], proration_behavior: 'always_invoice' },
    invoice_items: [{ amount: 100, currency: 'usd', description: 'Setup' }],
  });
  await stripe.subscriptions.update(id, { items: [{ id: item, quantity: 4 }], proration_behavior: 'always_invoice' });
  await stripe.subscriptions.update(id, { pause_collection: { behavior: 'keep_as_draft', resumes_at: 4_000_000_000 } });
  await stripe.subscriptions.update(id, { pause_collection: '', cancel_at: 4_000_000_000 });
  await stripe.subscriptions.update(id, { cancel_at: '' });
  const other = await stripe.prices.create({
    product: (await stripe.products.create({ name: 'Seats' })).id,
    currency: 'usd',
    unit_amount: 10,
    recurring: { interval: 'month' },
  });
  const added = await stripe.subscriptionItems.create({ subscription: id, price: other.id });
  await stripe.subscriptionItems.update(added.id, { quantity: 2, metadata: { a: 'b' } });
  await stripe.subscriptionItems.retrieve(added.id);
  await stripe.subscriptionItems.list({ subscription: id });
  await stripe.subscriptionItems.del(added.id);
  await stripe.invoiceItems.list({ customer });
  await stripe.subscriptions.cancel(id, { prorate: true, invoice_now: true });
}
