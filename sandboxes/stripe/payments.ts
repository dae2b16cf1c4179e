import { find } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { createdShape, listShape, page, withinRange } from './lists.ts';
import { oneOf, text } from './params.ts';

/** What payments left behind, for reading. They are made by collecting invoices. */
export const paymentEndpoints = ({ tables }: StripeContext): Endpoint[] => [
  endpoint('GET /v1/payment_intents', { ...listShape, ...createdShape, customer: text }, ({ customer, created, ...paging }) => {
    const rows = tables.paymentIntents
      .values()
      .filter((row) => (customer === undefined || row.customer === customer) && withinRange(row.created, created));
    return page(rows, '/v1/payment_intents', paging);
  }),
  endpoint('GET /v1/payment_intents/{intent}', {}, (_, { id }) => find(tables.paymentIntents, 'payment_intent', id)),
  endpoint(
    'GET /v1/charges',
    { ...listShape, ...createdShape, customer: text, payment_intent: text },
    ({ customer, payment_intent, created, ...paging }) => {
      const rows = tables.charges
        .values()
        .filter(
          (row) =>
            (customer === undefined || row.customer === customer) &&
            (payment_intent === undefined || row.payment_intent === payment_intent),
        )
        .filter((row) => withinRange(row.created, created));
      return page(rows, '/v1/charges', paging);
    },
  ),
  endpoint('GET /v1/charges/{charge}', {}, (_, { id }) => find(tables.charges, 'charge', id)),
  endpoint(
    'GET /v1/invoice_payments',
    { ...listShape, invoice: text, status: oneOf('canceled', 'open', 'paid') },
    ({ invoice, status, ...paging }) => {
      const rows = tables.invoicePayments
        .values()
        .filter((row) => (invoice === undefined || row.invoice === invoice) && (status === undefined || row.status === status));
      return page(rows, '/v1/invoice_payments', paging);
    },
  ),
  endpoint('GET /v1/invoice_payments/{invoice_payment}', {}, (_, { id }) => find(tables.invoicePayments, 'invoice_payment', id)),
];
