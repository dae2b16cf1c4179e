import type Stripe from 'stripe';
import { idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import type { CreditParams } from './credit-notes.ts';
import { decimal } from './invoice-lines.ts';
import { embedded } from './lists.ts';
import { mergeMetadata } from './params.ts';

/** A credit note, not kept yet. @param sequence which of its invoice it is */
export function newCreditNote(
  context: StripeContext,
  invoice: Stripe.Invoice,
  params: CreditParams,
  { value, sequence }: { value: number; sequence: number },
): Stripe.CreditNote {
  const id = context.id('cn');
  const paid = invoice.status === 'paid';
  return {
    id,
    object: 'credit_note',
    amount: value,
    amount_shipping: 0,
    created: context.now(),
    currency: invoice.currency,
    customer: idOf(invoice.customer ?? ''),
    customer_account: null,
    customer_balance_transaction: null,
    discount_amount: 0,
    discount_amounts: [],
    effective_at: context.now(),
    invoice: invoice.id,
    lines: embedded(linesOf(context, invoice, params, value), `/v1/credit_notes/${id}/lines`),
    livemode: false,
    memo: params.memo ?? null,
    metadata: mergeMetadata({}, params.metadata),
    number: `${invoice.number ?? ''}-CN-${String(sequence).padStart(2, '0')}`,
    out_of_band_amount: params.out_of_band_amount ?? null,
    pdf: `https://pay.stripe.com/credit_notes/acct_sandbox/test_${id}/pdf`,
    post_payment_amount: paid ? value : 0,
    pre_payment_amount: paid ? 0 : value,
    pretax_credit_amounts: [],
    reason: params.reason ?? null,
    refunds: [],
    shipping_cost: null,
    status: 'issued',
    subtotal: value,
    subtotal_excluding_tax: value,
    total: value,
    total_excluding_tax: value,
    total_taxes: [],
    type: paid ? 'post_payment' : 'pre_payment',
    voided_at: null,
  };
}

function linesOf(context: StripeContext, invoice: Stripe.Invoice, { lines }: CreditParams, value: number): Stripe.CreditNoteLineItem[] {
  const given = lines ?? [{ type: 'custom_line_item' as const, amount: value, description: 'Credit' }];
  return given.map((line) => {
    const { type, description, invoice_line_item: credited, quantity = 1, unit_amount: unitAmount } = { ...blank, ...line };
    const amount = line.amount ?? (unitAmount ?? 0) * quantity;
    const known = invoice.lines.data.find(({ id }) => id === credited);
    return {
      id: context.id('cnli'),
      object: 'credit_note_line_item',
      amount,
      description: description ?? known?.description ?? null,
      discount_amount: 0,
      discount_amounts: [],
      ...(credited === undefined ? {} : { invoice_line_item: credited }),
      livemode: false,
      metadata: {},
      pretax_credit_amounts: [],
      quantity,
      tax_rates: [],
      taxes: [],
      type,
      unit_amount: unitAmount ?? amount,
      unit_amount_decimal: decimal(unitAmount ?? amount),
    };
  });
}

const blank: { invoice_line_item?: string; quantity?: number; unit_amount?: number } = {};
