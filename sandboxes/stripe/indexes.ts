import type Stripe from 'stripe';
import { indexBy } from '../support/index-by.ts';
import type { Index } from '../support/index-by.ts';
import { idOf } from './context.ts';
import type { Tables } from './context.ts';

/** What is looked for by something other than its id. */
export interface Indexes {
  readonly customersOfClock: Index<Stripe.Customer>;
  readonly subscriptionsOfItem: Index<Stripe.Subscription>;
  readonly subscriptionsOf: Index<Stripe.Subscription>;
  readonly paymentMethodsOf: Index<Stripe.PaymentMethod>;
  readonly invoicesOf: Index<Stripe.Invoice>;
  readonly invoicesOfSubscription: Index<Stripe.Invoice>;
  /** Those that are on no invoice yet. */
  readonly pendingItemsOf: Index<Stripe.InvoiceItem>;
  readonly itemsOfInvoice: Index<Stripe.InvoiceItem>;
  readonly paymentsOfInvoice: Index<Stripe.InvoicePayment>;
  readonly paymentsOfIntent: Index<Stripe.InvoicePayment>;
  readonly intentsOf: Index<Stripe.PaymentIntent>;
  readonly setupIntentsOf: Index<Stripe.SetupIntent>;
  readonly chargesOf: Index<Stripe.Charge>;
  readonly chargesOfIntent: Index<Stripe.Charge>;
  readonly refundsOfCharge: Index<Stripe.Refund>;
  /** Of an invoice. */
  readonly creditNotesOf: Index<Stripe.CreditNote>;
  readonly checkoutSessionsOf: Index<Stripe.Checkout.Session>;
  readonly taxIdsOf: Index<Stripe.TaxId>;
  readonly eventsOfType: Index<Stripe.Event>;
}

const reference = (value: string | { id: string } | null | undefined): string | null => (value ? idOf(value) : null);

export function openIndexes(tables: Tables): Indexes {
  return {
    customersOfClock: indexBy(tables.customers, ({ test_clock: clock }) => reference(clock)),
    subscriptionsOfItem: indexBy(tables.subscriptions, ({ items }) => items.data.map(({ id }) => id)),
    subscriptionsOf: indexBy(tables.subscriptions, ({ customer }) => reference(customer)),
    paymentMethodsOf: indexBy(tables.paymentMethods, ({ customer }) => reference(customer)),
    invoicesOf: indexBy(tables.invoices, ({ customer }) => reference(customer)),
    invoicesOfSubscription: indexBy(tables.invoices, ({ parent }) => reference(parent?.subscription_details?.subscription)),
    pendingItemsOf: indexBy(tables.invoiceItems, ({ customer, invoice }) => (invoice === null ? reference(customer) : null)),
    itemsOfInvoice: indexBy(tables.invoiceItems, ({ invoice }) => reference(invoice)),
    paymentsOfInvoice: indexBy(tables.invoicePayments, ({ invoice }) => reference(invoice)),
    paymentsOfIntent: indexBy(tables.invoicePayments, ({ payment }) => reference(payment.payment_intent)),
    intentsOf: indexBy(tables.paymentIntents, ({ customer }) => reference(customer)),
    setupIntentsOf: indexBy(tables.setupIntents, ({ customer }) => reference(customer)),
    chargesOf: indexBy(tables.charges, ({ customer }) => reference(customer)),
    chargesOfIntent: indexBy(tables.charges, ({ payment_intent: intent }) => reference(intent)),
    refundsOfCharge: indexBy(tables.refunds, ({ charge }) => reference(charge)),
    creditNotesOf: indexBy(tables.creditNotes, ({ invoice }) => reference(invoice)),
    checkoutSessionsOf: indexBy(tables.checkoutSessions, ({ customer }) => reference(customer)),
    taxIdsOf: indexBy(tables.taxIds, ({ customer }) => reference(customer)),
    eventsOfType: indexBy(tables.events, ({ type }) => type),
  };
}
