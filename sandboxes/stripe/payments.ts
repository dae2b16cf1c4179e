import { find } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { createdShape, listShape, page, withinRange } from './lists.ts';
import { object, oneOf, required, text } from './params.ts';

/** What payments leave behind, for reading. */
export function paymentEndpoints({ tables, indexes }: StripeContext): Endpoint[] {
  const chargesOf = (customer: string | undefined) => (customer === undefined ? tables.charges.values() : indexes.chargesOf.of(customer));
  return [
    endpoint(
      'GET /v1/charges',
      { ...listShape, ...createdShape, customer: text, payment_intent: text },
      ({ customer, payment_intent, created, ...paging }) => {
        const rows = payment_intent === undefined ? chargesOf(customer) : indexes.chargesOfIntent.of(payment_intent);
        const found = rows.filter((row) => (customer === undefined || row.customer === customer) && withinRange(row.created, created));
        return page(found, '/v1/charges', paging);
      },
    ),
    endpoint('GET /v1/charges/{charge}', {}, (_, { id }) => find(tables.charges, 'charge', id)),
    endpoint(
      'GET /v1/invoice_payments',
      {
        ...listShape,
        ...createdShape,
        invoice: text,
        payment: object({ payment_intent: text, type: required(oneOf('payment_intent')) }),
        status: oneOf('canceled', 'open', 'paid'),
      },
      ({ invoice, payment, status, created, ...paging }) => {
        const intent = payment?.payment_intent;
        const rows = invoice === undefined ? tables.invoicePayments.values() : indexes.paymentsOfInvoice.of(invoice);
        const found = rows
          .filter((row) => (status === undefined || row.status === status) && withinRange(row.created, created))
          .filter((row) => intent === undefined || row.payment.payment_intent === intent);
        return page(found, '/v1/invoice_payments', paging);
      },
    ),
    endpoint('GET /v1/invoice_payments/{invoice_payment}', {}, (_, { id }) => find(tables.invoicePayments, 'invoice_payment', id)),
  ];
}
