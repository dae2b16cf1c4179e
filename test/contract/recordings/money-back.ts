import assert from 'node:assert/strict';
import type Stripe from 'stripe';

async function paidInvoice(stripe: Stripe, customer: string, payment_method: string, pay = true): Promise<Stripe.Invoice> {
  const draft = await stripe.invoices.create({ customer });
  await stripe.invoiceItems.create({ customer, invoice: draft.id, amount: 900, currency: 'usd', description: 'Seats' });
  const open = await stripe.invoices.finalizeInvoice(draft.id);
  return pay ? stripe.invoices.pay(open.id, { payment_method, expand: ['payments'] }) : open;
}

/** Refunds and credit notes, of paid and of open invoices. */
export async function moneyBack(stripe: Stripe): Promise<void> {
  const { id: customer } = await stripe.customers.create({});
  const { id: method } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  const paid = await paidInvoice(stripe, customer, method);
  const [charge] = (await stripe.charges.list({ customer })).data;
  const refund = await stripe.refunds.create({ charge: charge?.id ?? '', amount: 100, reason: 'duplicate', metadata: { a: 'b' } });
  await stripe.refunds.update(refund.id, { metadata: { c: 'd' } });
  await stripe.refunds.retrieve(refund.id, { expand: ['charge'] });
  await stripe.refunds.list({ charge: charge?.id ?? '' });
  await stripe.charges.retrieve(charge?.id ?? '', { expand: ['refunds'] });
  await stripe.creditNotes.preview({ invoice: paid.id, amount: 200, refund_amount: 200 });
  const note = await stripe.creditNotes.create({
    invoice: paid.id,
    lines: [{ type: 'invoice_line_item', invoice_line_item: paid.lines.data[0]?.id ?? '', amount: 300 }],
    refund_amount: 100,
    credit_amount: 200,
    memo: 'Sorry',
    reason: 'order_change',
  });
  await stripe.creditNotes.update(note.id, { memo: 'Very sorry' });
  await stripe.creditNotes.retrieve(note.id);
  await stripe.creditNotes.list({ invoice: paid.id });
  await stripe.creditNotes.listLineItems(note.id);
  const open = await paidInvoice(stripe, customer, method, false);
  const lowered = await stripe.creditNotes.create({ invoice: open.id, amount: 100 });
  await stripe.creditNotes.voidCreditNote(lowered.id);
  for (const card of ['pm_card_pendingRefund', 'pm_card_refundFail']) {
    const other = await stripe.paymentMethods.attach(card, { customer });
    await paidInvoice(stripe, customer, other.id);
    const [latest] = (await stripe.charges.list({ customer, limit: 1 })).data;
    await stripe.refunds.create({ payment_intent: latest?.payment_intent as string });
  }
  await assert.rejects(stripe.refunds.create({ charge: charge?.id ?? '', amount: 10_000 }), { param: 'amount' });
}
