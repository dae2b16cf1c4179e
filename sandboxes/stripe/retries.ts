import type Stripe from 'stripe';
import type { StripeContext } from './context.ts';

/** What an account's dashboard says of failed payments of subscriptions; the API has no word for it. */
export interface BillingSettings {
  /** Days from each attempt to the next. Empty, as at the start: Stripe does not retry, whoever calls the API does. */
  readonly retryDays: readonly number[];
  /** What becomes of a subscription when the last retry has failed. */
  readonly afterRetries: 'cancel' | 'leave_past_due' | 'mark_unpaid';
  /** How long the draft of a renewal can be changed before Stripe finalises it. */
  readonly draftSeconds: number;
}

export const usualBilling: BillingSettings = { retryDays: [], afterRetries: 'leave_past_due', draftSeconds: 3_600 };

/** With these Stripe does not charge again until there is another payment method, though the schedule goes on. */
export const hardDeclines: ReadonlySet<string> = new Set([
  'incorrect_number',
  'lost_card',
  'pickup_card',
  'stolen_card',
  'revocation_of_authorization',
  'revocation_of_all_authorizations',
  'authentication_required',
  'highest_risk_level',
  'transaction_not_allowed',
]);

export const billingSettings = ({ tables }: StripeContext): BillingSettings => tables.settings.get('billing') ?? usualBilling;

/**
 * When Stripe tries again by itself, unix seconds; null: never.
 * @param invoice after the attempt was counted
 * @param refused false: there was nothing to charge
 */
export function nextAttempt(context: StripeContext, invoice: Stripe.Invoice, refused: boolean): number | null {
  const days = billingSettings(context).retryDays[invoice.attempt_count - 1];
  const chargesByItself = invoice.auto_advance && invoice.collection_method === 'charge_automatically';
  return refused && chargesByItself && days !== undefined ? context.now() + days * 86_400 : null;
}
