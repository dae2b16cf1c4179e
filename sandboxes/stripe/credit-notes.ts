import type Stripe from 'stripe';
import { changes, find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { newCreditNote } from './credit-note-objects.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid } from './failure.ts';
import { updateInvoice } from './invoice-states.ts';
import { createdShape, embedded, listShape, page, withinRange } from './lists.ts';
import { integer, listOf, mergeMetadata, metadata, object, oneOf, required, text } from './params.ts';
import type { Params } from './params.ts';
import { refundCharge } from './refunds.ts';
import { settle } from './collect.ts';

const line = object({
  amount: integer,
  description: text,
  invoice_line_item: text,
  quantity: integer,
  type: required(oneOf('custom_line_item', 'invoice_line_item')),
  unit_amount: integer,
});
const creatable = {
  amount: integer,
  credit_amount: integer,
  invoice: required(text),
  lines: listOf(line),
  memo: text,
  metadata,
  out_of_band_amount: integer,
  reason: oneOf('duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory'),
  refund_amount: integer,
};
export type CreditParams = Params<typeof creatable>;

export function creditNoteEndpoints(context: StripeContext): Endpoint[] {
  const { tables, indexes } = context;
  const one = (id: string) => find(tables.creditNotes, 'credit note', id);
  return [
    endpoint('POST /v1/credit_notes', creatable, (params) => issue(context, params)),
    endpoint('GET /v1/credit_notes/preview', creatable, (params) => {
      const { invoice, value } = credited(context, params);
      return newCreditNote(context, invoice, params, { value, sequence: 1 });
    }),
    endpoint('GET /v1/credit_notes', { ...listShape, ...createdShape, customer: text, invoice: text }, (params) => {
      const { customer, invoice, created, ...paging } = params;
      const rows = invoice === undefined ? tables.creditNotes.values() : indexes.creditNotesOf.of(invoice);
      const found = rows.filter((row) => (customer === undefined || row.customer === customer) && withinRange(row.created, created));
      return page(found, '/v1/credit_notes', paging);
    }),
    endpoint('GET /v1/credit_notes/{id}', {}, (_, { id }) => one(id)),
    endpoint('GET /v1/credit_notes/{credit_note}/lines', listShape, (paging, { id }) =>
      page(one(id).lines.data.toReversed(), `/v1/credit_notes/${id}/lines`, paging),
    ),
    endpoint('POST /v1/credit_notes/{id}', { memo: text, metadata }, ({ memo, metadata: pairs }, { id }) => {
      const before = one(id);
      return keep(context, before, {
        ...(memo === undefined ? {} : { memo }),
        metadata: mergeMetadata(before.metadata ?? {}, pairs),
      });
    }),
    endpoint('POST /v1/credit_notes/{id}/void', {}, (_, { id }) => cancel(context, one(id))),
  ];
}

function keep(context: StripeContext, before: Stripe.CreditNote, change: Partial<Stripe.CreditNote>): Stripe.CreditNote {
  const after = { ...before, ...change };
  context.tables.creditNotes.put(after.id, after);
  context.emit('credit_note.updated', after, changes(before, after));
  return after;
}

/** What is to be credited of which invoice. Throws 400 when it is not there to be credited. */
function credited({ tables }: StripeContext, params: CreditParams): { invoice: Stripe.Invoice; value: number } {
  const invoice = find(tables.invoices, 'invoice', params.invoice, 'invoice');
  if (invoice.status !== 'open' && invoice.status !== 'paid' && invoice.status !== 'uncollectible')
    throw invalid(`You can only issue credit notes on finalized invoices. This invoice is ${invoice.status}.`, { param: 'invoice' });
  const ofLines = params.lines?.reduce((sum, { amount, unit_amount = 0, quantity = 1 }) => sum + (amount ?? unit_amount * quantity), 0);
  const value = params.amount ?? ofLines;
  if (value === undefined) throw invalid('You must pass one of `amount`, `lines`, or `shipping_cost`.', { param: 'amount' });
  const left = invoice.status === 'paid' ? invoice.amount_paid - invoice.post_payment_credit_notes_amount : invoice.amount_remaining;
  if (value < 1 || value > left)
    throw invalid(`The amount of the credit note (${value}) is more than can be credited (${left}).`, { param: 'amount' });
  const given = (params.refund_amount ?? 0) + (params.credit_amount ?? 0) + (params.out_of_band_amount ?? 0);
  if (invoice.status === 'paid' && given !== value)
    throw invalid('The sum of refund_amount, credit_amount and out_of_band_amount must equal the amount of the credit note.');
  return { invoice, value };
}

/** Before payment it lowers what is to be paid; after it, the money goes back, or onto the customer's balance. */
function issue(context: StripeContext, params: CreditParams): Stripe.CreditNote {
  const { tables, indexes, emit } = context;
  const { invoice, value } = credited(context, params);
  const note = newCreditNote(context, invoice, params, { value, sequence: indexes.creditNotesOf.of(invoice.id).length + 1 });
  const refunds = params.refund_amount ? [refunded(context, invoice, params.refund_amount)] : [];
  if (params.credit_amount) addCredit(context, idOf(invoice.customer ?? ''), params.credit_amount);
  const made: Stripe.CreditNote = { ...note, refunds };
  tables.creditNotes.put(made.id, made);
  emit('credit_note.created', made);
  lower(context, invoice, value);
  return made;
}

function lower(context: StripeContext, invoice: Stripe.Invoice, value: number): void {
  const after =
    invoice.status === 'paid'
      ? updateInvoice(context, invoice, { post_payment_credit_notes_amount: invoice.post_payment_credit_notes_amount + value })
      : updateInvoice(context, invoice, {
          pre_payment_credit_notes_amount: invoice.pre_payment_credit_notes_amount + value,
          amount_due: invoice.amount_due - value,
          amount_remaining: invoice.amount_remaining - value,
        });
  context.emit('invoice.updated', after, changes(invoice, after));
  if (after.status === 'open' && after.amount_remaining === 0) settle(context, after, { attempted: false });
}

function refunded(context: StripeContext, invoice: Stripe.Invoice, amount: number): Stripe.CreditNote.Refund {
  const intent = context.indexes.paymentsOfInvoice.of(invoice.id).find(({ status }) => status === 'paid')?.payment.payment_intent;
  const charges = intent === undefined ? [] : context.indexes.chargesOfIntent.of(idOf(intent));
  const charge = charges.find(({ status }) => status === 'succeeded');
  if (!charge) throw invalid('The invoice has no payment that could be refunded.', { param: 'refund_amount' });
  const { id } = refundCharge(context, charge, { amount });
  return { amount_refunded: amount, payment_record_refund: null, refund: id, type: 'refund' };
}

function addCredit(context: StripeContext, customerId: string, amount: number): void {
  const before = find(context.tables.customers, 'customer', customerId, 'customer');
  const after = { ...before, balance: before.balance - amount };
  context.tables.customers.put(customerId, after);
  context.emit('customer.updated', after, changes(before, after));
}

/** Only what lowered an invoice that is still open can be taken back. */
function cancel(context: StripeContext, note: Stripe.CreditNote): Stripe.CreditNote {
  const invoice = find(context.tables.invoices, 'invoice', idOf(note.invoice));
  if (note.status === 'void' || note.type !== 'pre_payment' || invoice.status !== 'open')
    throw invalid('You can only void an issued credit note of an open invoice.');
  const after = updateInvoice(context, invoice, {
    pre_payment_credit_notes_amount: invoice.pre_payment_credit_notes_amount - note.amount,
    amount_due: invoice.amount_due + note.amount,
    amount_remaining: invoice.amount_remaining + note.amount,
  });
  context.emit('invoice.updated', after, changes(invoice, after));
  const voided: Stripe.CreditNote = { ...note, status: 'void', voided_at: context.now(), lines: embedded(note.lines.data, note.lines.url) };
  context.tables.creditNotes.put(voided.id, voided);
  context.emit('credit_note.voided', voided);
  return voided;
}
