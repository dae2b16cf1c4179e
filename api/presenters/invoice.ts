import { z } from 'zod';
import type { Invoice } from '../../platform/models/invoice.ts';

export const InvoiceResource = z
  .object({
    id: z.uuid(),
    number: z.string().nullable().describe('null while it is a draft'),
    status: z.string(),
    amountMinor: z.number().int().describe('In minor units of the currency'),
    currency: z.string().describe('ISO 4217'),
    dueAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Invoice' });

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
