import type Stripe from 'stripe';
import { find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { itemLine } from './invoice-lines.ts';
import { draftInvoice } from './invoice-objects.ts';
import type { NewInvoice } from './invoice-objects.ts';

export interface Draft extends Omit<NewInvoice, 'id' | 'customer' | 'now'> {
  readonly customer: string;
  /** Invoice items that come onto it. */
  readonly items?: readonly Stripe.InvoiceItem[];
  readonly more?: Partial<Stripe.Invoice>;
}

/** Makes a draft, takes the items onto it, and tells of it. */
export function makeDraft(context: StripeContext, { customer: customerId, items = [], lines, more, ...given }: Draft): Stripe.Invoice {
  const { tables, id: newId, now, emit } = context;
  const id = newId('in');
  const customer = find(tables.customers, 'customer', customerId, 'customer');
  for (const item of items) tables.invoiceItems.put(item.id, { ...item, invoice: id });
  const all = [...lines, ...items.map((item) => itemLine(context, item))];
  const draft = { ...draftInvoice({ ...given, id, customer, lines: all, now: now() }), ...more };
  tables.invoices.put(id, draft);
  emit('invoice.created', draft);
  return draft;
}

/** The items that wait for a customer's next invoice: those of this subscription, and those of none. */
export const pendingItems = (
  { indexes }: StripeContext,
  { customer, currency, subscription }: { customer: string; currency: string; subscription?: string | undefined },
): readonly Stripe.InvoiceItem[] =>
  indexes.pendingItemsOf
    .of(customer)
    .filter((item) => item.currency === currency)
    .filter(({ parent }) => {
      const owner = parent?.subscription_details?.subscription;
      return owner === undefined || owner === subscription;
    });

/** When Stripe finalises a draft by itself. */
export const advancing = (at: number): Partial<Stripe.Invoice> => ({
  auto_advance: true,
  automatically_finalizes_at: at,
  next_payment_attempt: at,
});

export const dueDate = (now: number, daysUntilDue: number | null | undefined): number | null =>
  daysUntilDue === null || daysUntilDue === undefined ? null : now + daysUntilDue * 86_400;

/** The customer of a subscription. Throws 400 when it is deleted. */
export const customerOf = ({ tables }: StripeContext, { customer }: Stripe.Subscription): Stripe.Customer =>
  find(tables.customers, 'customer', idOf(customer), 'customer');
