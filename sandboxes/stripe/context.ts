import type Stripe from 'stripe';
import { randomText } from '../support/ids.ts';
import type { Kernel } from '../support/kernel.ts';
import type { Collection } from '../support/store.ts';
import type { CheckoutOrder } from './checkout.ts';
import { missing } from './failure.ts';
import type { Indexes } from './indexes.ts';
import type { BillingSettings } from './retries.ts';

export const apiVersion = '2026-08-26.dahlia';

/** Subscriptions are kept with their items inside, invoices with their lines, as Stripe answers them unexpanded. */
export interface Tables {
  readonly customers: Collection<Stripe.Customer>;
  readonly deletedCustomers: Collection<Stripe.DeletedCustomer>;
  readonly testClocks: Collection<Stripe.TestHelpers.TestClock>;
  readonly products: Collection<Stripe.Product>;
  readonly prices: Collection<Stripe.Price>;
  readonly subscriptions: Collection<Stripe.Subscription>;
  readonly invoices: Collection<Stripe.Invoice>;
  readonly invoiceItems: Collection<Stripe.InvoiceItem>;
  readonly invoicePayments: Collection<Stripe.InvoicePayment>;
  readonly paymentMethods: Collection<Stripe.PaymentMethod>;
  readonly paymentIntents: Collection<Stripe.PaymentIntent>;
  readonly setupIntents: Collection<Stripe.SetupIntent>;
  readonly charges: Collection<Stripe.Charge>;
  readonly refunds: Collection<Stripe.Refund>;
  readonly creditNotes: Collection<Stripe.CreditNote>;
  readonly portalConfigurations: Collection<Stripe.BillingPortal.Configuration>;
  readonly checkoutSessions: Collection<Stripe.Checkout.Session>;
  readonly checkoutOrders: Collection<CheckoutOrder>;
  readonly taxIds: Collection<Stripe.TaxId>;
  readonly events: Collection<Stripe.Event>;
  /** When an event arrived by the sandbox's own time, where it happened by another. */
  readonly eventArrivals: Collection<number>;
  readonly webhookEndpoints: Collection<Stripe.WebhookEndpoint>;
  readonly idempotency: Collection<StoredAnswer>;
  /** Which test card a payment method stands for: `pm_card_visa`. */
  readonly cards: Collection<string>;
  /** How many charges of a payment method were refused. */
  readonly refusals: Collection<number>;
  /** One row, `billing`: what an account sets in its dashboard. */
  readonly settings: Collection<BillingSettings>;
}

/** What an idempotency key is bound to: the request, and its answer. */
export interface StoredAnswer {
  readonly request: string;
  readonly status: number;
  readonly body: unknown;
  readonly requestId: string;
  readonly atMs: number;
}

/** The request being executed, as events tell it. */
export interface CurrentRequest {
  readonly id: string;
  readonly idempotencyKey: string | null;
}

export type Emit = (type: Stripe.Event.Type, object: object, previous?: object) => void;

/** What each resource works on. */
export interface StripeContext {
  readonly tables: Tables;
  readonly indexes: Indexes;
  /** Unix seconds, by the time the object at hand lives on. */
  readonly now: () => number;
  /** Of a test clock, or the sandbox's own when it is ''. */
  readonly timeOf: (clock: string) => number;
  readonly id: (prefix: string, length?: number) => string;
  readonly emit: Emit;
}

export function openTables({ store }: Kernel): Tables {
  return {
    customers: store.collection('customers'),
    deletedCustomers: store.collection('deleted_customers'),
    testClocks: store.collection('test_clocks'),
    products: store.collection('products'),
    prices: store.collection('prices'),
    subscriptions: store.collection('subscriptions'),
    invoices: store.collection('invoices'),
    invoiceItems: store.collection('invoice_items'),
    invoicePayments: store.collection('invoice_payments'),
    paymentMethods: store.collection('payment_methods'),
    paymentIntents: store.collection('payment_intents'),
    setupIntents: store.collection('setup_intents'),
    charges: store.collection('charges'),
    refunds: store.collection('refunds'),
    creditNotes: store.collection('credit_notes'),
    portalConfigurations: store.collection('portal_configurations'),
    checkoutSessions: store.collection('checkout_sessions'),
    checkoutOrders: store.collection('checkout_orders'),
    taxIds: store.collection('tax_ids'),
    events: store.collection('events'),
    eventArrivals: store.collection('event_arrivals'),
    webhookEndpoints: store.collection('webhook_endpoints'),
    idempotency: store.collection('idempotency'),
    cards: store.collection('cards'),
    refusals: store.collection('refusals'),
    settings: store.collection('settings'),
  };
}

export const newId = (prefix: string, length = 24): string => `${prefix}_${randomText(length)}`;

/** @param param where the id came from; absent: the path, so 404 */
export function find<T>(table: Collection<T>, kind: string, id: string, param?: string): T {
  const row = table.get(id);
  if (row === undefined) throw missing(kind, id, param);
  return row;
}

/** The id of what Stripe answers as an id or, expanded, as an object. Objects are kept unexpanded, so this is the id. */
export const idOf = (reference: string | { id: string }): string => (typeof reference === 'string' ? reference : reference.id);

/** The part of `before` that `after` changed, as `previous_attributes` tells it. */
export function changes(before: object, after: object): object {
  const next = new Map<string, unknown>(Object.entries(after));
  return Object.fromEntries(Object.entries(before).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(next.get(key))));
}
