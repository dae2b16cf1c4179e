import assert from 'node:assert/strict';
import type Stripe from 'stripe';

/** Invoices made by hand, and the items on them. */
export async function manualInvoices(stripe: Stripe, customer: string, price: string): Promise<void> {
  const waiting = await stripe.invoiceItems.create({
    customer,
    amount: 700,
    currency: 'usd',
    description: 'Training',
    period: { start: 1, end: 2 },
    metadata: { a: 'b' },
  });
  await stripe.invoiceItems.create({ customer, pricing: { price }, quantity: 2 });
  await stripe.invoiceItems.list({ customer, pending: true });
  await stripe.invoiceItems.retrieve(waiting.id);
  await stripe.invoiceItems.update(waiting.id, { amount: 800, description: 'More training', discountable: false });
  const { id } = await stripe.invoices.create({
    customer,
    pending_invoice_items_behavior: 'include',
    collection_method: 'send_invoice',
    days_until_due: 30,
    description: 'Extras',
    footer: 'Thanks',
    custom_fields: [{ name: 'Order', value: '7' }],
    automatic_tax: { enabled: false },
    metadata: { a: 'b' },
  });
  await stripe.invoiceItems.create({ customer, invoice: id, amount: 100, currency: 'usd' });
  const gone = await stripe.invoiceItems.create({ customer, invoice: id, amount: 1, currency: 'usd' });
  await stripe.invoiceItems.del(gone.id);
  const sent = await stripe.invoices.sendInvoice(id, { expand: ['confirmation_secret'] });
  assert.ok(sent.due_date !== null);
  await stripe.invoices.list({ due_date: { gte: 1 }, collection_method: 'send_invoice', customer });
  await stripe.invoices.pay(id, { paid_out_of_band: true });
  const draft = await stripe.invoices.create({ customer, auto_advance: true });
  await stripe.invoices.update(draft.id, { auto_advance: false, default_payment_method: await anyMethod(stripe, customer) });
  await stripe.invoices.del(draft.id);
  await assert.rejects(stripe.invoices.del(id), { statusCode: 400 });
}

async function anyMethod(stripe: Stripe, customer: string): Promise<string> {
  return (await stripe.paymentMethods.attach('pm_card_visa', { customer })).id;
}
