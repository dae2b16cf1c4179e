import type Stripe from 'stripe';
import { collect, settle } from './collect.ts';
import type { Collecting } from './collect.ts';
import { find } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid } from './failure.ts';
import { editInvoice, removeDraft, startInvoice } from './edit-invoice.ts';
import { creatable, listable, payable, writable } from './invoice-params.ts';
import { finalizeInvoice, markUncollectible, sendInvoice, voidInvoice } from './invoice-states.ts';
import { listShape, page, withinRange } from './lists.ts';
import { previewInvoice, previewParams } from './preview-invoice.ts';
import { boolean } from './params.ts';

export const invoiceEndpoints = (context: StripeContext): Endpoint[] => [
  ...readEndpoints(context),
  ...draftEndpoints(context),
  ...stateEndpoints(context),
];

const one = ({ tables }: StripeContext, id: string): Stripe.Invoice => find(tables.invoices, 'invoice', id);

const readEndpoints = (context: StripeContext): Endpoint[] => [
  endpoint('GET /v1/invoices', listable, ({ subscription, customer, status, collection_method: method, created, due_date, ...paging }) => {
    const rows = invoicesOf(context, { subscription, customer })
      .filter((row) => (customer === undefined || row.customer === customer) && (status === undefined || row.status === status))
      .filter((row) => (method === undefined || row.collection_method === method) && withinRange(row.created, created))
      .filter((row) => due_date === undefined || (row.due_date !== null && withinRange(row.due_date, due_date)));
    return page(rows, '/v1/invoices', paging);
  }),
  endpoint('GET /v1/invoices/{invoice}', {}, (_, { id }) => one(context, id)),
  endpoint('GET /v1/invoices/{invoice}/lines', listShape, (paging, { id }) =>
    page(one(context, id).lines.data.toReversed(), `/v1/invoices/${id}/lines`, paging),
  ),
];

const draftEndpoints = (context: StripeContext): Endpoint[] => [
  endpoint('POST /v1/invoices/create_preview', previewParams, (params) => previewInvoice(context, params)),
  endpoint('POST /v1/invoices', creatable, (params) => startInvoice(context, params)),
  endpoint('POST /v1/invoices/{invoice}', writable, (params, { id }) => editInvoice(context, one(context, id), params)),
  endpoint('DELETE /v1/invoices/{invoice}', {}, (_, { id }) => removeDraft(context, one(context, id))),
];

const stateEndpoints = (context: StripeContext): Endpoint[] => [
  endpoint('POST /v1/invoices/{invoice}/finalize', { auto_advance: boolean }, ({ auto_advance }, { id }) => {
    const draft = one(context, id);
    const open = finalizeInvoice(context, auto_advance === undefined ? draft : { ...draft, auto_advance });
    return open.amount_remaining === 0 ? collect(context, open).invoice : open;
  }),
  endpoint('POST /v1/invoices/{invoice}/pay', payable, ({ payment_method: method, off_session: offSession = true, ...how }, { id }) => {
    const open = opened(context, one(context, id));
    if (how.paid_out_of_band) return settle(context, open, { attempted: false, outOfBand: true }).invoice;
    return collectOrThrow(context, open, { method, offSession });
  }),
  endpoint('POST /v1/invoices/{invoice}/send', {}, (_, { id }) => sendInvoice(context, one(context, id))),
  endpoint('POST /v1/invoices/{invoice}/void', {}, (_, { id }) => voidInvoice(context, one(context, id))),
  endpoint('POST /v1/invoices/{invoice}/mark_uncollectible', {}, (_, { id }) => markUncollectible(context, one(context, id))),
];

function collectOrThrow(context: StripeContext, open: Stripe.Invoice, collecting: Collecting): Stripe.Invoice {
  const { invoice, decline } = collect(context, open, collecting);
  if (decline) throw decline;
  return invoice;
}

/** A draft is finalised on the way; what is paid or void cannot be paid. */
function opened(context: StripeContext, invoice: Stripe.Invoice): Stripe.Invoice {
  if (invoice.status === 'paid') throw invalid('Invoice is already paid');
  if (invoice.status === 'void') throw invalid('This invoice can no longer be paid: it is void.');
  return invoice.status === 'draft' ? finalizeInvoice(context, invoice) : invoice;
}

function invoicesOf(
  { tables, indexes }: StripeContext,
  { subscription, customer }: { subscription?: string | undefined; customer?: string | undefined },
): readonly Stripe.Invoice[] {
  if (subscription !== undefined) return indexes.invoicesOfSubscription.of(subscription);
  return customer === undefined ? tables.invoices.values() : indexes.invoicesOf.of(customer);
}
