import type Stripe from 'stripe';
import type { Decline } from './cards.ts';

/** The SDK's types still name a field that this version of the API no longer answers. */
type Wire<T> = Omit<T, 'source'>;

export interface NewPayment {
  readonly id: string;
  readonly customer: string;
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
export const newCharge = (payment: NewPayment, intentId: string, methodId: string, decline: Decline | undefined): Wire<Stripe.Charge> => ({
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
  outcome: decline
    ? {
        advice_code: 'try_again_later',
        network_advice_code: null,
        network_decline_code: null,
        network_status: 'declined_by_network',
        reason: decline.decline_code ?? decline.code,
        risk_level: 'normal',
        seller_message: 'The bank did not return any further details with this decline.',
        type: 'issuer_declined',
      }
    : {
        advice_code: null,
        network_advice_code: null,
        network_decline_code: null,
        network_status: 'approved_by_network',
        reason: null,
        risk_level: 'normal',
        seller_message: 'Payment complete.',
        type: 'authorized',
      },
  paid: decline === undefined,
  payment_intent: intentId,
  payment_method: methodId,
  status: decline ? 'failed' : 'succeeded',
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
  description: 'Subscription invoice',
  disputed: false,
  failure_balance_transaction: null,
  fraud_details: {},
  livemode: false,
  metadata: {},
  on_behalf_of: null,
  payment_method_details: null,
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
