import type Stripe from 'stripe';
import { embedded } from './lists.ts';

export interface NewInvoice {
  readonly id: string;
  readonly customer: Stripe.Customer;
  readonly lines: Stripe.InvoiceLineItem[];
  readonly currency: string;
  readonly reason: Stripe.Invoice.BillingReason;
  readonly now: number;
  readonly subscription?: Stripe.Subscription | undefined;
  /** Default: nothing but now. */
  readonly period?: { readonly start: number; readonly end: number };
}

/** A draft. */
export function draftInvoice({ id, customer, lines, currency, reason, now, subscription, period }: NewInvoice): Stripe.Invoice {
  return {
    ...zeroes,
    ...absent,
    ...amountsOf(id, lines),
    id,
    billing_reason: reason,
    collection_method: subscription?.collection_method ?? 'charge_automatically',
    created: now,
    currency,
    customer: customer.id,
    customer_address: customer.address ?? null,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    customer_phone: customer.phone ?? null,
    automatic_tax: { ...zeroes.automatic_tax, enabled: subscription?.automatic_tax.enabled ?? false },
    default_payment_method: null,
    parent: subscription
      ? {
          quote_details: null,
          subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
          type: 'subscription_details',
        }
      : null,
    period_end: period?.end ?? now,
    period_start: period?.start ?? now,
    test_clock: customer.test_clock ?? null,
  };
}

/** What a draft comes to with these lines. */
export function amountsOf(id: string, lines: readonly Stripe.InvoiceLineItem[]) {
  const total = lines.reduce((sum, { amount }) => sum + amount, 0);
  const due = Math.max(0, total);
  return {
    amount_due: due,
    amount_remaining: due,
    lines: embedded(
      lines.map((line) => ({ ...line, invoice: id })),
      `/v1/invoices/${id}/lines`,
    ),
    subtotal: total,
    subtotal_excluding_tax: total,
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
