import type Stripe from 'stripe';
import { changes, find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { invalid } from './failure.ts';
import { cancelPayment } from './invoice-payments.ts';

/** Keeps the change; the caller says which events tell of it. */
export function updateInvoice({ tables }: StripeContext, before: Stripe.Invoice, change: Partial<Stripe.Invoice>): Stripe.Invoice {
  const after = { ...before, ...change };
  tables.invoices.put(after.id, after);
  return after;
}

/** draft -> open. The money is frozen from here, and the invoice has its number. The customer's balance is used up first. */
export function finalizeInvoice(context: StripeContext, draft: Stripe.Invoice): Stripe.Invoice {
  if (draft.status !== 'draft')
    throw invalid("This invoice is already finalized, you can't re-finalize a non-draft invoice.", { code: 'invoice_not_editable' });
  const now = context.now();
  const customer = find(context.tables.customers, 'customer', idOf(draft.customer ?? ''), 'customer');
  const sequence = customer.next_invoice_sequence ?? 1;
  const { due, balance } = withBalance(draft.total, customer.balance);
  context.tables.customers.put(customer.id, {
    ...customer,
    balance,
    next_invoice_sequence: sequence + 1,
    currency: customer.currency ?? draft.currency,
  });
  const first = draft.billing_reason === 'subscription_create';
  const chargesByItself = draft.auto_advance && draft.collection_method === 'charge_automatically' && due > 0 && !first;
  const open = updateInvoice(context, draft, {
    status: 'open',
    number: `${customer.invoice_prefix}-${String(sequence).padStart(4, '0')}`,
    amount_due: due,
    amount_remaining: due,
    effective_at: now,
    starting_balance: customer.balance,
    ending_balance: balance,
    automatically_finalizes_at: null,
    next_payment_attempt: chargesByItself && !draft.attempted ? Math.max(now, draft.next_payment_attempt ?? now + 3_600) : null,
    hosted_invoice_url: `https://invoice.stripe.com/i/acct_sandbox/test_${draft.id}`,
    invoice_pdf: `https://pay.stripe.com/invoice/acct_sandbox/test_${draft.id}/pdf`,
    status_transitions: { ...draft.status_transitions, finalized_at: now },
    webhooks_delivered_at: now,
  });
  context.emit('invoice.finalized', open);
  return open;
}

/** What is left to pay when a customer's credit (a negative balance) or debt is settled with an invoice, and their balance then. */
function withBalance(total: number, balance: number): { due: number; balance: number } {
  const due = Math.max(0, total + balance);
  return { due, balance: total + balance - due };
}

/** Mails an invoice that is paid by its receiver; a draft is finalised on the way. */
export function sendInvoice(context: StripeContext, invoice: Stripe.Invoice): Stripe.Invoice {
  if (invoice.collection_method !== 'send_invoice')
    throw invalid("You can only manually send an invoice if its collection method is 'send_invoice'.");
  if (invoice.status !== 'draft' && invoice.status !== 'open') throw invalid(`You cannot send an invoice that is ${invoice.status}.`);
  const open = invoice.status === 'draft' ? finalizeInvoice(context, invoice) : invoice;
  context.emit('invoice.sent', open);
  return open;
}

/** open or uncollectible -> paid; `attempted` says whether a charge was made for it, `outOfBand` that the money came another way. */
export function markPaid(
  context: StripeContext,
  open: Stripe.Invoice,
  { attempted, automatic = false, outOfBand = false }: { attempted: boolean; automatic?: boolean; outOfBand?: boolean },
): Stripe.Invoice {
  if (!attempted) cancelPayment(context, open, 'automatic');
  const paid = updateInvoice(context, open, {
    status: 'paid',
    amount_paid: open.amount_paid + open.amount_remaining,
    ...(outOfBand ? { amount_paid_off_stripe: open.amount_remaining } : {}),
    amount_remaining: 0,
    attempted: true,
    attempt_count: open.attempt_count + (attempted && (automatic || open.attempt_count === 0) ? 1 : 0),
    auto_advance: false,
    next_payment_attempt: null,
    status_transitions: { ...open.status_transitions, paid_at: context.now() },
  });
  context.emit('invoice.updated', paid, changes(open, paid));
  context.emit('invoice.paid', paid);
  context.emit('invoice.payment_succeeded', paid);
  return paid;
}

/** open -> uncollectible: written off, though it may still be paid. */
export function markUncollectible(context: StripeContext, open: Stripe.Invoice): Stripe.Invoice {
  if (open.status !== 'open') throw invalid(`You can only mark open invoices uncollectible. This invoice is ${open.status}.`);
  const marked = updateInvoice(context, open, {
    status: 'uncollectible',
    auto_advance: false,
    next_payment_attempt: null,
    status_transitions: { ...open.status_transitions, marked_uncollectible_at: context.now() },
  });
  context.emit('invoice.updated', marked, changes(open, marked));
  context.emit('invoice.marked_uncollectible', marked);
  return marked;
}

/** open or uncollectible -> void, for good. */
export function voidInvoice(context: StripeContext, open: Stripe.Invoice): Stripe.Invoice {
  if (open.status !== 'open' && open.status !== 'uncollectible') {
    throw invalid(`You can only void open or uncollectible invoices. This invoice is ${open.status}.`);
  }
  cancelPayment(context, open, 'void_invoice');
  const voided = updateInvoice(context, open, {
    status: 'void',
    auto_advance: false,
    next_payment_attempt: null,
    status_transitions: { ...open.status_transitions, voided_at: context.now() },
  });
  context.emit('invoice.updated', voided, changes(open, voided));
  context.emit('invoice.voided', voided);
  return voided;
}
