import type Stripe from 'stripe';
import { find } from './context.ts';
import type { StripeContext } from './context.ts';
import { invalid } from './failure.ts';
import { embedded } from './lists.ts';
import { mergeMetadata } from './params.ts';
import type { Metadata } from './params.ts';
import { periodEnd } from './periods.ts';

/** When the period that ends first ends. */
export const subscriptionPeriodEnd = ({ items }: Stripe.Subscription): number =>
  Math.min(...items.data.map(({ current_period_end }) => current_period_end));

export interface ItemParams {
  readonly price: string;
  readonly quantity?: number | undefined;
  readonly metadata?: Metadata | null | undefined;
}

/** An item of a subscription, its first period from `start` to `trialEnd` or else one interval long. */
export function createItem(
  context: StripeContext,
  subscriptionId: string,
  given: ItemParams,
  at: { name: string; start: number; trialEnd: number | null; anchor?: number },
): Stripe.SubscriptionItem {
  const price = find(context.tables.prices, 'price', given.price, `${at.name}[price]`);
  const param = `${at.name}[price]`;
  if (!price.active) throw invalid('The price specified is inactive. This field only accepts active prices.', { param });
  if (!price.recurring)
    throw invalid('The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.', { param });
  return {
    id: context.id('si', 14),
    object: 'subscription_item',
    billing_thresholds: null,
    created: context.now(),
    current_period_end: at.trialEnd ?? periodEnd(at.anchor ?? at.start, price.recurring, at.start),
    current_period_start: at.start,
    discounts: [],
    metadata: mergeMetadata({}, given.metadata),
    price,
    quantity: given.quantity ?? 1,
    subscription: subscriptionId,
    tax_rates: [],
  } as unknown as Stripe.SubscriptionItem;
}

export interface NewSubscription {
  readonly id: string;
  readonly customer: Stripe.Customer;
  readonly items: Stripe.SubscriptionItem[];
  readonly start: number;
  readonly trialEnd: number | null;
  readonly status: Stripe.Subscription.Status;
}

export const noPaymentSettings = { payment_method_options: null, payment_method_types: null, save_default_payment_method: 'off' as const };

export function emptySubscription({ id, customer, items, start, trialEnd, status }: NewSubscription): Stripe.Subscription {
  return {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: trialEnd ?? start,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible', updated_at: start },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: 'charge_automatically',
    created: start,
    currency: items[0]?.price.currency ?? 'usd',
    customer: customer.id,
    customer_account: null,
    days_until_due: null,
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    ended_at: null,
    invoice_settings: { account_tax_ids: null, custom_fields: null, description: null, footer: null, issuer: { type: 'self' } },
    items: embedded(items, `/v1/subscription_items?subscription=${id}`),
    latest_invoice: null,
    livemode: false,
    managed_payments: null,
    metadata: {},
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: noPaymentSettings,
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: start,
    status,
    test_clock: customer.test_clock ?? null,
    transfer_data: null,
    trial_end: trialEnd,
    trial_settings: { end_behavior: { missing_payment_method: 'create_invoice' } },
    trial_start: trialEnd === null ? null : start,
  };
}
