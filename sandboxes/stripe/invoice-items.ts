import type Stripe from 'stripe';
import { changes, find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid } from './failure.ts';
import { decimal, itemLine, newInvoiceItem } from './invoice-lines.ts';
import { amountsOf } from './invoice-objects.ts';
import { updateInvoice } from './invoice-states.ts';
import { createdShape, listShape, page, withinRange } from './lists.ts';
import { boolean, integer, maxLength, mergeMetadata, metadata, object, required, text } from './params.ts';
import type { Params } from './params.ts';

const period = object({ start: required(integer), end: required(integer) });
const writable = {
  amount: integer,
  description: maxLength(500),
  discountable: boolean,
  metadata,
  period,
  pricing: object({ price: text }),
  quantity: integer,
};
const creatable = { ...writable, currency: text, customer: required(text), invoice: text, subscription: text };
const listable = { ...listShape, ...createdShape, customer: text, invoice: text, pending: boolean };

export function invoiceItemEndpoints(context: StripeContext): Endpoint[] {
  const { tables, indexes } = context;
  const one = (id: string) => find(tables.invoiceItems, 'invoiceitem', id);
  return [
    endpoint('POST /v1/invoiceitems', creatable, (params) => createItem(context, params)),
    endpoint('GET /v1/invoiceitems', listable, ({ customer, invoice, pending, created, ...paging }) => {
      const rows = invoice === undefined ? tables.invoiceItems.values() : indexes.itemsOfInvoice.of(invoice);
      const found = rows
        .filter((row) => (customer === undefined || row.customer === customer) && withinRange(row.date, created))
        .filter((row) => pending === undefined || (row.invoice === null) === pending);
      return page(found, '/v1/invoiceitems', paging);
    }),
    endpoint('GET /v1/invoiceitems/{invoiceitem}', {}, (_, { id }) => one(id)),
    endpoint('POST /v1/invoiceitems/{invoiceitem}', writable, (params, { id }) => {
      const before = editable(context, one(id));
      const after = changedItem(context, before, params);
      tables.invoiceItems.put(id, after);
      if (after.invoice) recount(context, idOf(after.invoice));
      return after;
    }),
    endpoint('DELETE /v1/invoiceitems/{invoiceitem}', {}, (_, { id }) => {
      const item = editable(context, one(id));
      tables.invoiceItems.delete(id);
      if (item.invoice) recount(context, idOf(item.invoice));
      context.emit('invoiceitem.deleted', item);
      return { id, object: 'invoiceitem', deleted: true };
    }),
  ];
}

function createItem(context: StripeContext, params: Params<typeof creatable>): Stripe.InvoiceItem {
  const { tables } = context;
  const customer = find(tables.customers, 'customer', params.customer, 'customer');
  if (params.subscription !== undefined) find(tables.subscriptions, 'subscription', params.subscription, 'subscription');
  if (params.invoice !== undefined) draftOnly(find(tables.invoices, 'invoice', params.invoice, 'invoice'));
  const priceId = params.pricing?.price;
  const price = priceId === undefined ? undefined : find(tables.prices, 'price', priceId, 'pricing[price]');
  const currency = price?.currency ?? params.currency;
  if (currency === undefined) throw invalid('Missing required param: currency.', { code: 'parameter_missing', param: 'currency' });
  if (!price && params.amount === undefined)
    throw invalid('Missing required param: amount.', { code: 'parameter_missing', param: 'amount' });
  const { quantity = 1 } = params;
  const unitAmount = price?.unit_amount ?? 0;
  const item = newInvoiceItem(context, {
    customer,
    currency,
    amount: price ? unitAmount * quantity : (params.amount ?? 0),
    quantity,
    description: params.description ?? null,
    ...(price ? { price: { of: price, unitAmount } } : {}),
    ...(params.period ? { period: params.period } : {}),
    subscription: params.subscription,
    metadata: mergeMetadata({}, params.metadata),
    invoice: params.invoice ?? null,
  });
  tables.invoiceItems.put(item.id, item);
  context.emit('invoiceitem.created', item);
  if (params.invoice !== undefined) recount(context, params.invoice);
  return item;
}

function changedItem(context: StripeContext, before: Stripe.InvoiceItem, params: Params<typeof writable>): Stripe.InvoiceItem {
  const { amount, quantity, metadata: pairs, pricing: _, ...plain } = params;
  const unitAmount = before.pricing?.unit_amount_decimal;
  const total = amount ?? (quantity !== undefined && unitAmount ? Number(unitAmount) * quantity : before.amount);
  return {
    ...before,
    ...(plain as Partial<Stripe.InvoiceItem>),
    amount: total,
    net_amount: total,
    ...(quantity === undefined ? {} : { quantity, quantity_decimal: decimal(quantity) }),
    metadata: mergeMetadata(before.metadata ?? {}, pairs),
  };
}

function draftOnly({ status }: Stripe.Invoice): void {
  if (status !== 'draft') throw invalid('This invoice is no longer editable.', { code: 'invoice_not_editable', param: 'invoice' });
}

function editable({ tables }: StripeContext, item: Stripe.InvoiceItem): Stripe.InvoiceItem {
  if (item.invoice) draftOnly(find(tables.invoices, 'invoice', idOf(item.invoice)));
  return item;
}

/** Brings the lines and amounts of a draft up to its items. */
function recount(context: StripeContext, invoiceId: string): void {
  const draft = find(context.tables.invoices, 'invoice', invoiceId);
  const ofSubscription = draft.lines.data.filter(({ parent }) => parent?.type === 'subscription_item_details');
  const items = context.indexes.itemsOfInvoice.of(invoiceId).map((item) => itemLine(context, item));
  const after = updateInvoice(context, draft, amountsOf(invoiceId, [...ofSubscription, ...items]));
  context.emit('invoice.updated', after, changes(draft, after));
}
