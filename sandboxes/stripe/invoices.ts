import type Stripe from 'stripe';
import { collect, settle } from './collect.ts';
import type { Collecting } from './collect.ts';
import { changes, find } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid } from './failure.ts';
import { finalizeInvoice, markUncollectible, updateInvoice, voidInvoice } from './invoice-states.ts';
import { createdShape, listShape, page, withinRange } from './lists.ts';
import { boolean, mergeMetadata, metadata, oneOf, text, unsettable } from './params.ts';

const collection_method = oneOf('charge_automatically', 'send_invoice');
const status = oneOf('draft', 'open', 'paid', 'uncollectible', 'void');
const writable = { auto_advance: boolean, description: unsettable(text), metadata };
const payParams = { forgive: boolean, off_session: boolean, paid_out_of_band: boolean, payment_method: text };
const listable = { ...listShape, ...createdShape, collection_method, customer: text, status, subscription: text };

export const invoiceEndpoints = (context: StripeContext): Endpoint[] => [...readEndpoints(context), ...stateEndpoints(context)];

const one = ({ tables }: StripeContext, id: string): Stripe.Invoice => find(tables.invoices, 'invoice', id);

const readEndpoints = (context: StripeContext): Endpoint[] => [
  endpoint('GET /v1/invoices', listable, ({ created, subscription, customer, status: wanted, collection_method: method, ...paging }) => {
    const rows = invoicesOf(context, { subscription, customer })
      .filter((row) => (customer === undefined || row.customer === customer) && (wanted === undefined || row.status === wanted))
      .filter((row) => (method === undefined || row.collection_method === method) && withinRange(row.created, created));
    return page(rows, '/v1/invoices', paging);
  }),
  endpoint('GET /v1/invoices/{invoice}', {}, (_, { id }) => one(context, id)),
  endpoint('GET /v1/invoices/{invoice}/lines', listShape, (paging, { id }) =>
    page(one(context, id).lines.data.toReversed(), `/v1/invoices/${id}/lines`, paging),
  ),
];

const stateEndpoints = (context: StripeContext): Endpoint[] => [
  endpoint('POST /v1/invoices/{invoice}', writable, ({ metadata: pairs, ...params }, { id }) => {
    const before = one(context, id);
    const after = updateInvoice(context, before, {
      ...(params as Partial<Stripe.Invoice>),
      metadata: mergeMetadata(before.metadata ?? {}, pairs),
    });
    context.emit('invoice.updated', after, changes(before, after));
    return after;
  }),
  endpoint('POST /v1/invoices/{invoice}/finalize', { auto_advance: boolean }, ({ auto_advance }, { id }) => {
    const draft = one(context, id);
    const open = finalizeInvoice(context, auto_advance === undefined ? draft : { ...draft, auto_advance });
    return open.amount_due === 0 ? collect(context, open).invoice : open;
  }),
  endpoint(
    'POST /v1/invoices/{invoice}/pay',
    payParams,
    ({ payment_method: method, paid_out_of_band, off_session: offSession = true }, { id }) => {
      const open = payable(context, one(context, id));
      if (paid_out_of_band) return settle(context, open, { attempted: false, outOfBand: true }).invoice;
      return collectOrThrow(context, open, { method, offSession });
    },
  ),
  endpoint('POST /v1/invoices/{invoice}/void', {}, (_, { id }) => voidInvoice(context, one(context, id))),
  endpoint('POST /v1/invoices/{invoice}/mark_uncollectible', {}, (_, { id }) => markUncollectible(context, one(context, id))),
];

function collectOrThrow(context: StripeContext, open: Stripe.Invoice, collecting: Collecting): Stripe.Invoice {
  const { invoice, decline } = collect(context, open, collecting);
  if (decline) throw decline;
  return invoice;
}

/** A draft is finalised on the way; what is paid or void cannot be paid. */
function payable(context: StripeContext, invoice: Stripe.Invoice): Stripe.Invoice {
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
