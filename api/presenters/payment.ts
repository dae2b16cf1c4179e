import { z } from 'zod';
import { declines } from '../../domain/dunning/declines.ts';
import type { Payment } from '../../platform/models/payment.ts';

export const PaymentResource = z
  .object({
    id: z.uuid(),
    invoiceId: z.uuid(),
    outcome: z.string(),
    amountMinor: z.number().int().describe('In minor units of the currency'),
    refundedMinor: z.number().int().describe('What of it was given back'),
    currency: z.string().describe('ISO 4217'),
    brand: z.string().describe('Of the card, or the kind of payment method'),
    declineCode: z.string().nullable().describe('Why it was declined; a suspicion of the bank is told as generic_decline'),
    attemptedAt: z.iso.datetime(),
  })
  .meta({ id: 'Payment' });

/** What a bank suspects is not for the customer to hear. */
const toldCode = (code: string | null): string | null => (code !== null && declines[code]?.secret ? 'generic_decline' : code);

export const presentPayment = ({ id, outcome, currency, brand, ...payment }: Payment): z.input<typeof PaymentResource> => ({
  id,
  outcome,
  currency,
  brand,
  invoiceId: payment.invoice_id,
  amountMinor: payment.amount_minor,
  refundedMinor: payment.refunded_minor,
  declineCode: toldCode(payment.decline_code ?? payment.code),
  attemptedAt: payment.attempted_at.toISOString(),
});
