import { z } from 'zod';
import type { Invoice } from '../../platform/models/invoice.ts';
import type { Payment } from '../../platform/models/payment.ts';
import { PaymentResource, presentPayment } from './payment.ts';

const summary = {
  id: z.uuid(),
  number: z.string().nullable().describe('null while it is a draft'),
  status: z.string(),
  amountMinor: z.number().int().describe('In minor units of the currency'),
  currency: z.string().describe('ISO 4217'),
  dueAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
};
export const InvoiceResource = z.object(summary).meta({ id: 'Invoice' });

export const InvoiceDetail = z
  .object({
    ...summary,
    taxMinor: z.number().int().nullable().describe('What of the amount is tax, as Stripe worked it out; null when it was not asked yet'),
    remainingMinor: z.number().int().nullable().describe('What is still owed'),
    billingReason: z.string().nullable(),
    collectedBy: z.enum(['platform', 'stripe']).nullable().describe('Who tries again while it is not paid'),
    issuedAt: z.iso.datetime().nullable(),
    settledAt: z.iso.datetime().nullable(),
    payments: z.array(PaymentResource).describe('Every attempt to pay it, oldest first'),
  })
  .meta({ id: 'InvoiceDetail' });

export function presentInvoice({ id, number, status, currency, ...invoice }: Invoice): z.input<typeof InvoiceResource> {
  return {
    id,
    number,
    status,
    currency,
    amountMinor: invoice.amount_minor,
    dueAt: invoice.due_at?.toISOString() ?? null,
    createdAt: invoice.created_at.toISOString(),
    updatedAt: invoice.updated_at.toISOString(),
  };
}

export const presentInvoiceDetail = (invoice: Invoice, payments: readonly Payment[]): z.input<typeof InvoiceDetail> => ({
  ...presentInvoice(invoice),
  taxMinor: invoice.tax_minor,
  remainingMinor: invoice.remaining_minor,
  billingReason: invoice.billing_reason,
  collectedBy: invoice.collected_by,
  issuedAt: invoice.issued_at?.toISOString() ?? null,
  settledAt: invoice.settled_at?.toISOString() ?? null,
  payments: payments.map(presentPayment),
});
