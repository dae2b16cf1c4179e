import type Stripe from 'stripe';
import { idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { embedded } from './lists.ts';

/** Numbers of this kind are text on the wire, whatever the SDK makes of them. */
const decimal = (value: number) => String(value) as unknown as Stripe.Decimal;

/** The line of a subscription's item for its present period; free while on trial. */
export function subscriptionLine(
  { id }: StripeContext,
  item: Stripe.SubscriptionItem,
  { invoiceId, trial, productName }: { invoiceId: string; trial: boolean; productName: string },
): Stripe.InvoiceLineItem {
  const quantity = item.quantity ?? 1;
  const unitAmount = trial ? 0 : (item.price.unit_amount ?? 0);
  return {
    id: id('il'),
    object: 'line_item',
    amount: unitAmount * quantity,
    currency: item.price.currency,
    description: trial ? `Trial period for ${productName}` : `${quantity} × ${productName}`,
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice: invoiceId,
    livemode: false,
    metadata: {},
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: false,
        proration_details: { credited_items: null },
        subscription: item.subscription,
        subscription_item: item.id,
      },
      type: 'subscription_item_details',
    },
    period: { start: item.current_period_start, end: item.current_period_end },
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: item.price.id, product: idOf(item.price.product) },
      type: 'price_details',
      unit_amount_decimal: decimal(unitAmount),
    },
    quantity,
    quantity_decimal: decimal(quantity),
    subscription: item.subscription,
    subtotal: unitAmount * quantity,
    taxes: [],
  };
}

export interface NewInvoice {
  readonly id: string;
  readonly customer: Stripe.Customer;
  readonly lines: Stripe.InvoiceLineItem[];
  readonly currency: string;
  readonly reason: Stripe.Invoice.BillingReason;
  readonly now: number;
  readonly subscription?: Stripe.Subscription;
}

/** A draft. */
export function draftInvoice({ id, customer, lines, currency, reason, now, subscription }: NewInvoice): Stripe.Invoice {
  const total = lines.reduce((sum, { amount }) => sum + amount, 0);
  return {
    ...zeroes,
    ...absent,
    id,
    amount_due: total,
    amount_remaining: total,
    billing_reason: reason,
    collection_method: subscription?.collection_method ?? 'charge_automatically',
    created: now,
    currency,
    customer: customer.id,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    default_payment_method: null,
    lines: embedded(lines, `/v1/invoices/${id}/lines`),
    parent: subscription
      ? {
          quote_details: null,
          subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
          type: 'subscription_details',
        }
      : null,
    period_end: now,
    period_start: now,
    subtotal: total,
    subtotal_excluding_tax: total,
    test_clock: customer.test_clock ?? null,
    total,
    total_excluding_tax: total,
  };
}

const zeroes = {
  object: 'invoice',
  account_country: 'US',
  account_name: 'ToolboxAI sandbox',
  amount_overpaid: 0,
  amount_paid: 0,
  amount_paid_off_stripe: 0,
  amount_shipping: 0,
  attempt_count: 0,
  attempted: false,
  auto_advance: true,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
  customer_tax_exempt: 'none',
  customer_tax_ids: [],
  default_tax_rates: [],
  discounts: [],
  issuer: { type: 'self' },
  livemode: false,
  metadata: {},
  payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
  post_payment_credit_notes_amount: 0,
  pre_payment_credit_notes_amount: 0,
  starting_balance: 0,
  status: 'draft',
  status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
  total_discount_amounts: [],
  total_pretax_credit_amounts: [],
  total_taxes: [],
} satisfies Partial<Stripe.Invoice>;

const absent = {
  account_tax_ids: null,
  application: null,
  automatically_finalizes_at: null,
  custom_fields: null,
  customer_account: null,
  customer_shipping: null,
  default_source: null,
  description: null,
  due_date: null,
  effective_at: null,
  ending_balance: null,
  footer: null,
  from_invoice: null,
  hosted_invoice_url: null,
  invoice_pdf: null,
  last_finalization_error: null,
  latest_revision: null,
  next_payment_attempt: null,
  number: null,
  on_behalf_of: null,
  receipt_number: null,
  rendering: null,
  shipping_cost: null,
  shipping_details: null,
  statement_descriptor: null,
  webhooks_delivered_at: null,
} as const;
