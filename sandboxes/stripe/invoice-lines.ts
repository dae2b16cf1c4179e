import type Stripe from 'stripe';
import { idOf } from './context.ts';
import type { StripeContext } from './context.ts';

/** Numbers of this kind are text on the wire, whatever the SDK makes of them. */
export const decimal = (value: number) => String(value) as unknown as Stripe.Decimal;

export const productName = ({ tables }: StripeContext, price: Stripe.Price): string =>
  tables.products.get(idOf(price.product))?.name ?? 'subscription';

const pricingOf = (price: Stripe.Price, unitAmount: number): Stripe.InvoiceLineItem.Pricing => ({
  price_details: { price: price.id, product: idOf(price.product) },
  type: 'price_details',
  unit_amount_decimal: decimal(unitAmount),
});

const emptyLine = {
  object: 'line_item' as const,
  discount_amounts: [],
  discountable: true,
  discounts: [],
  livemode: false,
  pretax_credit_amounts: [],
  taxes: [],
};

/** The line of a subscription's item for its present period; free while on trial. */
export function subscriptionLine(context: StripeContext, item: Stripe.SubscriptionItem, trial: boolean): Stripe.InvoiceLineItem {
  const quantity = item.quantity ?? 1;
  const unitAmount = trial ? 0 : (item.price.unit_amount ?? 0);
  const name = productName(context, item.price);
  return {
    ...emptyLine,
    id: context.id('il'),
    amount: unitAmount * quantity,
    currency: item.price.currency,
    description: trial ? `Trial period for ${name}` : `${quantity} × ${name}`,
    invoice: null,
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
    pricing: pricingOf(item.price, unitAmount),
    quantity,
    quantity_decimal: decimal(quantity),
    subscription: item.subscription,
    subtotal: unitAmount * quantity,
  };
}

/** The line that an invoice item becomes. */
export function itemLine({ id }: StripeContext, item: Stripe.InvoiceItem): Stripe.InvoiceLineItem {
  const subscription = item.parent?.subscription_details?.subscription ?? null;
  return {
    ...emptyLine,
    id: id('il'),
    amount: item.amount,
    currency: item.currency,
    description: item.description,
    discountable: item.discountable,
    invoice: null,
    metadata: item.metadata ?? {},
    parent: {
      invoice_item_details: {
        invoice_item: item.id,
        proration: item.proration,
        proration_details: { credited_items: null },
        subscription,
      },
      subscription_item_details: null,
      type: 'invoice_item_details',
    },
    period: item.period,
    pricing: item.pricing,
    quantity: item.quantity,
    quantity_decimal: item.quantity_decimal,
    subscription,
    subtotal: item.amount,
  };
}

export interface NewItem {
  readonly customer: Stripe.Customer;
  readonly amount: number;
  readonly currency: string;
  readonly description?: string | null;
  readonly period?: Stripe.InvoiceItem.Period;
  readonly price?: { readonly of: Stripe.Price; readonly unitAmount: number };
  readonly quantity?: number;
  readonly subscription?: string | undefined;
  readonly subscriptionItem?: string;
  readonly proration?: boolean;
  readonly metadata?: Record<string, string>;
  readonly invoice?: string | null;
}

/** An amount that waits for the customer's next invoice, or is put on a draft. Not kept yet. */
export function newInvoiceItem({ id, now }: StripeContext, given: NewItem): Stripe.InvoiceItem {
  const { customer, price, subscription, subscriptionItem, quantity = 1 } = given;
  return {
    id: id('ii'),
    object: 'invoiceitem',
    amount: given.amount,
    currency: given.currency,
    customer: customer.id,
    customer_account: null,
    date: now(),
    description: given.description ?? null,
    discountable: !given.proration,
    discounts: [],
    invoice: given.invoice ?? null,
    livemode: false,
    metadata: given.metadata ?? {},
    net_amount: given.amount,
    parent:
      subscription === undefined
        ? null
        : {
            subscription_details: { subscription, ...(subscriptionItem ? { subscription_item: subscriptionItem } : {}) },
            type: 'subscription_details',
          },
    period: given.period ?? { start: now(), end: now() },
    pricing: price ? pricingOf(price.of, price.unitAmount) : null,
    proration: given.proration ?? false,
    quantity,
    quantity_decimal: decimal(quantity),
    tax_rates: [],
    test_clock: customer.test_clock ?? null,
  };
}
