import type Stripe from 'stripe';
import type { TestCard } from './cards.ts';
import type { Decline } from './declines.ts';

/** The SDK's types still name a field that this version of the API no longer answers. */
type Wire<T> = Omit<T, 'source'>;

export interface NewPayment {
  readonly id: string;
  readonly customer: string | null;
  readonly amount: number;
  readonly currency: string;
  readonly now: number;
}

/** Waiting for a way to pay. */
export const newPaymentIntent = ({ id, customer, amount, currency, now }: NewPayment): Wire<Stripe.PaymentIntent> => ({
  id,
  object: 'payment_intent',
  allowed_payment_method_types: null,
  amount,
  amount_capturable: 0,
  amount_received: 0,
  application: null,
  application_fee_amount: null,
  automatic_payment_methods: null,
  canceled_at: null,
  cancellation_reason: null,
  capture_method: 'automatic',
  client_secret: `${id}_secret_sandbox`,
  confirmation_method: 'automatic',
  created: now,
  currency,
  customer,
  customer_account: null,
  description: 'Subscription invoice',
  excluded_payment_method_types: null,
  last_payment_error: null,
  latest_charge: null,
  livemode: false,
  managed_payments: null,
  metadata: {},
  next_action: null,
  on_behalf_of: null,
  payment_method: null,
  payment_method_configuration_details: null,
  payment_method_options: null,
  payment_method_types: ['card'],
  processing: null,
  receipt_email: null,
  review: null,
  setup_future_usage: null,
  shipping: null,
  statement_descriptor: null,
  statement_descriptor_suffix: null,
  status: 'requires_payment_method',
  transfer_group: null,
});

/** A charge that was made, or declined. */
export const newCharge = (
  payment: NewPayment,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  { decline, card }: { decline?: Decline; card?: TestCard | undefined },
): Wire<Stripe.Charge> => ({
  ...emptyCharge,
  id: payment.id,
  amount: payment.amount,
  amount_captured: decline ? 0 : payment.amount,
  captured: decline === undefined,
  created: payment.now,
  currency: payment.currency,
  customer: payment.customer,
  failure_code: decline?.code ?? null,
  failure_message: decline?.message ?? null,
  description: intent.description,
  metadata: intent.metadata,
  disputed: decline === undefined && card?.dispute !== undefined,
  outcome: outcomeOf(decline, card),
  paid: decline === undefined,
  payment_intent: intent.id,
  payment_method: method.id,
  payment_method_details: method.card ? { type: 'card', card: cardDetails(method.card) } : null,
  status: decline ? 'failed' : 'succeeded',
});

function outcomeOf(decline: Decline | undefined, card: TestCard | undefined): Stripe.Charge.Outcome {
  const risk = { risk_level: card?.risk ?? 'normal', risk_score: card?.risk === 'highest' ? 90 : card?.risk === 'elevated' ? 65 : 20 };
  const said = {
    advice_code: decline?.advice_code ?? null,
    network_advice_code: decline?.network_advice_code ?? null,
    network_decline_code: decline?.network_decline_code ?? null,
  };
  if (!decline) {
    const status = card?.risk === 'elevated' ? 'manual_review' : 'authorized';
    return { ...said, ...risk, network_status: 'approved_by_network', reason: null, seller_message: 'Payment complete.', type: status };
  }
  const { blockedBy: blocked } = decline;
  return {
    ...said,
    ...risk,
    network_status: blocked ? 'not_sent_to_network' : 'declined_by_network',
    reason: blocked ?? decline.decline_code ?? decline.code,
    seller_message: blocked
      ? 'Stripe blocked this payment as too risky.'
      : 'The bank did not return any further details with this decline.',
    type: blocked ? 'blocked' : 'issuer_declined',
  };
}

const cardDetails = ({ brand, checks, country, exp_month, exp_year, fingerprint, funding, last4 }: Stripe.PaymentMethod.Card) => ({
  brand,
  checks: checks ?? null,
  country: country ?? null,
  exp_month,
  exp_year,
  fingerprint: fingerprint ?? null,
  funding,
  last4,
  amount_authorized: null,
  authorization_code: null,
  installments: null,
  mandate: null,
  network: brand,
  network_token: null,
  network_transaction_id: null,
  regulated_status: null,
  three_d_secure: null,
  transaction_link_id: null,
  wallet: null,
});

const emptyCharge = {
  object: 'charge' as const,
  amount_refunded: 0,
  application: null,
  application_fee: null,
  application_fee_amount: null,
  balance_transaction: null,
  billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
  calculated_statement_descriptor: 'TOOLBOXAI SANDBOX',
  failure_balance_transaction: null,
  fraud_details: {},
  livemode: false,
  on_behalf_of: null,
  receipt_email: null,
  receipt_number: null,
  receipt_url: null,
  refunded: false,
  review: null,
  shipping: null,
  source_transfer: null,
  statement_descriptor: null,
  statement_descriptor_suffix: null,
  transfer_data: null,
  transfer_group: null,
};
