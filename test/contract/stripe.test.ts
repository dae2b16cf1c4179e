import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { stripeAt } from '../sandboxes/support/clients.ts';
import { changes } from './recordings/changes.ts';
import { manualInvoices } from './recordings/invoices.ts';
import { moneyBack } from './recordings/money-back.ts';
import { pages } from './recordings/pages.ts';
import { payments } from './recordings/payments.ts';
import { time } from './recordings/time.ts';
import { describeContract } from './support/suite.ts';

describeContract('stripe', async ({ proxy, sandbox }) => {
  const stripe = stripeAt(proxy.url);
  const { product, monthly, oneTime } = await catalogue(stripe);
  const customer = await customers(stripe);
  const trial = await subscriptions(stripe, customer, monthly);
  await invoices(stripe, customer, monthly);
  await payments(stripe, customer.id);
  await manualInvoices(stripe, customer.id, oneTime.id);
  await time(stripe, monthly.id);
  await changes(stripe, monthly.id);
  await moneyBack(stripe);
  await pages(stripe, sandbox.control, monthly.id, oneTime.id);
  await readings(stripe, customer, trial);
  await refusals(stripe, proxy.url);
  await sandbox.control.addFault({
    kind: 'status',
    method: 'GET',
    path: '/v1/products*',
    status: 429,
    body: { error: { type: 'invalid_request_error', code: 'rate_limit', message: 'Too many requests' } },
  });
  await assert.rejects(stripe.products.retrieve(product.id));
});

async function catalogue(stripe: Stripe) {
  const product = await stripe.products.create(
    { name: 'School', id: 'toolbox_school', description: 'A school', metadata: { plan: 'school' } },
    { idempotencyKey: 'product:school' },
  );
  await stripe.products.update(product.id, { name: 'Schools', images: ['https://example.org/a.png'] });
  await stripe.products.retrieve(product.id);
  await stripe.products.list({ ids: [product.id], active: true });
  const unsold = await stripe.products.create({ name: 'Unsold' });
  await stripe.products.del(unsold.id);
  const monthly = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 19_900,
    recurring: { interval: 'month' },
    lookup_key: 'school_monthly',
    tax_behavior: 'exclusive',
  });
  const oneTime = await stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: 500 });
  await stripe.prices.create({ product: product.id, currency: 'jpy', unit_amount: 500 });
  await stripe.prices.update(monthly.id, { nickname: 'Monthly', metadata: { a: 'b' } });
  await stripe.prices.retrieve(monthly.id, { expand: ['product'] });
  await stripe.prices.list({ lookup_keys: ['school_monthly'], expand: ['data.product'] });
  return { product, monthly, oneTime };
}

async function customers(stripe: Stripe): Promise<Stripe.Customer> {
  const customer = await stripe.customers.create(
    {
      name: 'Acme School',
      email: 'billing@acme.example',
      metadata: { tenant_id: 't1' },
      address: { city: 'Bern', country: 'CH' },
      phone: '+41',
      preferred_locales: ['de'],
      tax_exempt: 'none',
    },
    { idempotencyKey: 'customer:t1' },
  );
  await stripe.customers.update(customer.id, {
    description: 'A school',
    metadata: { tenant_id: '', other: 'x' },
    invoice_settings: { footer: 'Thanks' },
  });
  await stripe.customers.retrieve(customer.id, { expand: ['subscriptions'] });
  await stripe.customers.list({ email: 'billing@acme.example', limit: 1, created: { gte: 1 } });
  const gone = await stripe.customers.create({ payment_method: 'pm_card_mastercard' });
  await stripe.customers.del(gone.id);
  await stripe.customers.retrieve(gone.id);
  return customer;
}

async function subscriptions(stripe: Stripe, { id: customer }: Stripe.Customer, { id: price }: Stripe.Price): Promise<Stripe.Subscription> {
  const items = [{ price, quantity: 2, metadata: { seat: 'x' } }];
  const trial = await stripe.subscriptions.create({
    customer,
    items,
    trial_period_days: 30,
    trial_settings: { end_behavior: { missing_payment_method: 'pause' } },
    payment_settings: { save_default_payment_method: 'on_subscription' },
    metadata: { tenant_id: 't1' },
    expand: ['latest_invoice.payments', 'customer'],
  });
  await stripe.subscriptions.update(trial.id, {
    cancel_at_period_end: true,
    items: [{ id: trial.items.data[0]?.id ?? '', quantity: 3 }],
    description: 'Acme',
  });
  await stripe.subscriptions.update(trial.id, { cancel_at_period_end: false, trial_end: Math.floor(Date.now() / 1000) + 86_400 });
  await stripe.subscriptions.retrieve(trial.id);
  await stripe.subscriptions.list({ customer, status: 'all', expand: ['data.latest_invoice'] });
  const later = await stripe.subscriptions.create({ customer, items: [{ price }], collection_method: 'send_invoice', days_until_due: 30 });
  await stripe.subscriptions.cancel(later.id, { cancellation_details: { comment: 'Moved', feedback: 'unused' } });
  return trial;
}

async function invoices(stripe: Stripe, { id: customer }: Stripe.Customer, { id: price }: Stripe.Price): Promise<void> {
  const failing = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer });
  await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' }, billing_details: { name: 'Acme' } });
  await stripe.paymentMethods.update(failing.id, { metadata: { a: 'b' } });
  await stripe.paymentMethods.retrieve(failing.id);
  await stripe.paymentMethods.list({ customer, type: 'card' });
  await stripe.customers.listPaymentMethods(customer, { type: 'card' });
  const declined = await stripe.subscriptions.create({
    customer,
    items: [{ price }],
    default_payment_method: failing.id,
    expand: ['latest_invoice.payments'],
  });
  const invoice = declined.latest_invoice as Stripe.Invoice;
  await assert.rejects(stripe.invoices.pay(invoice.id), { statusCode: 402 });
  const good = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  await stripe.invoices.markUncollectible(invoice.id);
  await stripe.invoices.pay(invoice.id, { payment_method: good.id, expand: ['payments.data.payment.payment_intent'] });
  await stripe.paymentMethods.detach(failing.id);
  const open = await stripe.subscriptions.create({ customer, items: [{ price }], payment_behavior: 'default_incomplete' });
  await stripe.invoices.voidInvoice(invoiceOf(open));
  const mailed = await stripe.subscriptions.create({ customer, items: [{ price }], collection_method: 'send_invoice', days_until_due: 30 });
  const invoiceId = invoiceOf(mailed);
  await stripe.invoices.update(invoiceId, { description: 'First', metadata: { a: 'b' } });
  await stripe.invoices.finalizeInvoice(invoiceId, { auto_advance: false });
  await stripe.invoices.retrieve(invoiceId, { expand: ['parent.subscription_details.subscription'] });
  await stripe.invoices.listLineItems(invoiceId);
  await stripe.invoices.list({ customer, status: 'paid', limit: 2 });
}

function invoiceOf({ latest_invoice: latest }: Stripe.Subscription): string {
  assert.ok(typeof latest === 'string');
  return latest;
}

async function readings(stripe: Stripe, { id: customer }: Stripe.Customer, trial: Stripe.Subscription): Promise<void> {
  const webhook = await stripe.webhookEndpoints.create({
    url: 'http://127.0.0.1:1/webhooks/stripe',
    enabled_events: ['customer.updated'],
    description: 'Ours',
  });
  await stripe.webhookEndpoints.update(webhook.id, { disabled: true });
  await stripe.webhookEndpoints.retrieve(webhook.id);
  await stripe.webhookEndpoints.list();
  await stripe.webhookEndpoints.del(webhook.id);
  const [payment] = (await stripe.invoicePayments.list({ status: 'paid' })).data;
  const [intent] = (await stripe.paymentIntents.list({ customer })).data;
  const [charge] = (await stripe.charges.list({ customer })).data;
  assert.ok(payment && intent && charge);
  await stripe.invoicePayments.retrieve(payment.id);
  await stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge', 'customer'] });
  await stripe.charges.retrieve(charge.id);
  await stripe.subscriptions.cancel(trial.id);
  const events = await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 1_000 });
  for (const { id } of events.slice(0, 5)) await stripe.events.retrieve(id);
}

async function refusals(stripe: Stripe, url: string): Promise<void> {
  await assert.rejects(stripe.customers.retrieve('cus_none'), { statusCode: 404 });
  await assert.rejects(stripe.subscriptions.create({ customer: 'cus_none', items: [{ price: 'price_none' }] }), { statusCode: 400 });
  await assert.rejects(stripe.paymentMethods.attach('pm_card_visa_chargeDeclined', { customer: (await stripe.customers.create({})).id }), {
    statusCode: 402,
  });
  await assert.rejects(stripeAt(url, 'wrong').customers.list(), { statusCode: 401 });
}
