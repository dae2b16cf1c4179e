import type Stripe from 'stripe';
import type { CheckoutOrder, CheckoutParams } from './checkout.ts';
import { find } from './context.ts';
import type { StripeContext } from './context.ts';
import { mergeMetadata } from './params.ts';

/** An open session, not kept yet. */
export function emptySession(
  context: StripeContext,
  params: CheckoutParams,
  lines: CheckoutOrder['lines'],
  { now, expiresAt }: { now: number; expiresAt: number },
): Stripe.Checkout.Session {
  const prices = lines.map(({ price, quantity }) => ({ price: find(context.tables.prices, 'price', price), quantity }));
  const trial = params.subscription_data?.trial_period_days !== undefined;
  const total = trial ? 0 : prices.reduce((sum, { price, quantity }) => sum + (price.unit_amount ?? 0) * quantity, 0);
  const id = context.id('cs_test', 32);
  return {
    ...emptyCheckout,
    id,
    allow_promotion_codes: params.allow_promotion_codes ?? null,
    amount_subtotal: params.mode === 'setup' ? null : total,
    amount_total: params.mode === 'setup' ? null : total,
    automatic_tax: { enabled: params.automatic_tax?.enabled ?? false, liability: null, provider: null, status: null },
    cancel_url: params.cancel_url ?? null,
    client_reference_id: params.client_reference_id ?? null,
    created: now,
    currency: prices[0]?.price.currency ?? params.currency ?? null,
    customer: params.customer ?? null,
    customer_creation: params.customer === undefined ? (params.mode === 'payment' ? 'if_required' : 'always') : null,
    customer_email: params.customer_email ?? null,
    expires_at: expiresAt,
    metadata: mergeMetadata({}, params.metadata),
    mode: params.mode,
    payment_method_collection: params.mode === 'subscription' ? 'always' : 'if_required',
    payment_status: params.mode === 'setup' ? 'no_payment_required' : 'unpaid',
    success_url: params.success_url ?? null,
    url: `https://checkout.stripe.com/c/pay/${id}`,
  } as unknown as Stripe.Checkout.Session;
}

const emptyCheckout = {
  object: 'checkout.session',
  adaptive_pricing: null,
  after_expiration: null,
  billing_address_collection: null,
  client_secret: null,
  collected_information: null,
  consent: null,
  consent_collection: null,
  currency_conversion: null,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  customer_account: null,
  customer_details: null,
  discounts: [],
  invoice: null,
  invoice_creation: null,
  livemode: false,
  locale: null,
  origin_context: null,
  payment_intent: null,
  payment_link: null,
  payment_method_configuration_details: null,
  payment_method_options: {},
  payment_method_types: ['card'],
  permissions: null,
  recovered_from: null,
  saved_payment_method_options: null,
  setup_intent: null,
  shipping_address_collection: null,
  shipping_cost: null,
  shipping_options: [],
  status: 'open',
  submit_type: null,
  subscription: null,
  total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
  ui_mode: 'hosted_page',
  wallet_options: null,
};
