import type Stripe from 'stripe';
import type { Control } from '../../../sandboxes/support/control-client.ts';

/** Stripe's own pages: the portal and the checkout; and the tax ids a customer gives there. */
export async function pages(stripe: Stripe, control: Control, price: string, oneTime: string): Promise<void> {
  const { id: customer } = await stripe.customers.create({});
  const { id: configuration } = await stripe.billingPortal.configurations.create({
    business_profile: { headline: 'School', privacy_policy_url: 'https://example.org/privacy' },
    features: {
      invoice_history: { enabled: true },
      payment_method_update: { enabled: true },
      subscription_cancel: { enabled: true, mode: 'at_period_end' },
      customer_update: { enabled: true, allowed_updates: ['email'] },
    },
  });
  await stripe.billingPortal.configurations.update(configuration, { active: false, default_return_url: 'https://example.org' });
  await stripe.billingPortal.configurations.retrieve(configuration);
  await stripe.billingPortal.configurations.list({ is_default: true });
  await stripe.billingPortal.sessions.create({
    customer,
    configuration,
    flow_data: { type: 'payment_method_update', after_completion: { type: 'redirect', redirect: { return_url: 'https://example.org' } } },
  });
  await stripe.billingPortal.sessions.create({ customer, return_url: 'https://example.org/back' });
  const session = await stripe.checkout.sessions.create({
    mode: 'subscription',
    customer,
    line_items: [{ price, quantity: 2 }],
    subscription_data: { metadata: { tenant_id: 't1' } },
    success_url: 'https://example.org/ok',
    client_reference_id: 't1',
  });
  await control.call('POST', `/checkout/${session.id}/complete`, {});
  await stripe.checkout.sessions.retrieve(session.id, { expand: ['line_items', 'subscription'] });
  await stripe.checkout.sessions.listLineItems(session.id);
  const setup = await stripe.checkout.sessions.create({ mode: 'setup', currency: 'usd', success_url: 'https://example.org/ok' });
  await control.call('POST', `/checkout/${setup.id}/complete`, { email: 'a@example.org' });
  const payment = await stripe.checkout.sessions.create({
    mode: 'payment',
    line_items: [{ price: oneTime }],
    success_url: 'https://example.org',
  });
  await stripe.checkout.sessions.expire(payment.id);
  await stripe.checkout.sessions.list({ status: 'expired' });
  const taxId = await stripe.customers.createTaxId(customer, { type: 'eu_vat', value: 'DE123456789' });
  await stripe.customers.retrieveTaxId(customer, taxId.id);
  await stripe.customers.listTaxIds(customer);
  await stripe.customers.deleteTaxId(customer, taxId.id);
}
