import type Stripe from 'stripe';
import { collect } from './collect.ts';
import { changes, find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid } from './failure.ts';
import { finalizeInvoice, markPaid, updateInvoice, voidInvoice } from './invoice-states.ts';
import { createdShape, listShape, page, withinRange } from './lists.ts';
import { boolean, mergeMetadata, metadata, oneOf, text, unsettable } from './params.ts';
import { afterPayment } from './subscription-states.ts';

const collection_method = oneOf('charge_automatically', 'send_invoice');
const status = oneOf('draft', 'open', 'paid', 'uncollectible', 'void');
const listable = { ...listShape, ...createdShape, collection_method, customer: text, status, subscription: text };

export function invoiceEndpoints(context: StripeContext): Endpoint[] {
  const { tables, emit } = context;
  const one = (id: string) => find(tables.invoices, 'invoice', id);
  return [
    endpoint('GET /v1/invoices', listable, ({ created, subscription, customer, status: wanted, collection_method: method, ...paging }) => {
      const rows = tables.invoices
        .values()
        .filter((row) => (customer === undefined || row.customer === customer) && (wanted === undefined || row.status === wanted))
        .filter(
          (row) =>
            (subscription === undefined || subscriptionId(row) === subscription) &&
            (method === undefined || row.collection_method === method),
        )
        .filter((row) => withinRange(row.created, created));
      return page(rows, '/v1/invoices', paging);
    }),
    endpoint('GET /v1/invoices/{invoice}', {}, (_, { id }) => one(id)),
    endpoint('GET /v1/invoices/{invoice}/lines', listShape, (paging, { id }) =>
      page(one(id).lines.data.toReversed(), `/v1/invoices/${id}/lines`, paging),
    ),
    endpoint(
      'POST /v1/invoices/{invoice}',
      { auto_advance: boolean, description: unsettable(text), metadata },
      ({ metadata: pairs, ...params }, { id }) => {
        const before = one(id);
        const after = updateInvoice(context, before, {
          ...(params as Partial<Stripe.Invoice>),
          metadata: mergeMetadata(before.metadata ?? {}, pairs),
        });
        emit('invoice.updated', after, changes(before, after));
        return after;
      },
    ),
    endpoint('POST /v1/invoices/{invoice}/finalize', { auto_advance: boolean }, (_, { id }) => {
      const open = finalizeInvoice(context, one(id));
      return open.amount_due === 0 ? collect(context, open).invoice : open;
    }),
    endpoint(
      'POST /v1/invoices/{invoice}/pay',
      { off_session: boolean, paid_out_of_band: boolean, payment_method: text },
      ({ payment_method, paid_out_of_band }, { id }) => {
        const open = payable(context, one(id));
        if (paid_out_of_band) {
          const paid = markPaid(context, open, { attempted: false });
          afterPayment(context, paid);
          return paid;
        }
        const { invoice, decline } = collect(context, open, payment_method);
        if (decline) throw decline;
        return invoice;
      },
    ),
    endpoint('POST /v1/invoices/{invoice}/void', {}, (_, { id }) => {
      const invoice = one(id);
      if (invoice.status !== 'open' && invoice.status !== 'uncollectible')
        throw invalid(`You can only void open or uncollectible invoices. This invoice is ${String(invoice.status)}.`);
      return voidInvoice(context, invoice);
    }),
    endpoint('POST /v1/invoices/{invoice}/mark_uncollectible', {}, (_, { id }) => {
      const invoice = one(id);
      if (invoice.status !== 'open')
        throw invalid(`You can only mark open invoices uncollectible. This invoice is ${String(invoice.status)}.`);
      const marked = updateInvoice(context, invoice, {
        status: 'uncollectible',
        auto_advance: false,
        next_payment_attempt: null,
        status_transitions: { ...invoice.status_transitions, marked_uncollectible_at: context.now() },
      });
      emit('invoice.marked_uncollectible', marked);
      return marked;
    }),
  ];
}

/** A draft is finalised on the way; what is paid or void cannot be paid. */
function payable(context: StripeContext, invoice: Stripe.Invoice): Stripe.Invoice {
  if (invoice.status === 'paid') throw invalid('Invoice is already paid');
  if (invoice.status === 'void') throw invalid('This invoice can no longer be paid: it is void.');
  return invoice.status === 'draft' ? finalizeInvoice(context, invoice) : invoice;
}

function subscriptionId({ parent }: Stripe.Invoice): string | undefined {
  const reference = parent?.subscription_details?.subscription;
  return reference === undefined ? undefined : idOf(reference);
}
