import type Stripe from 'stripe';
import { stripeCall } from '../stripe.ts';

export type LinksStripe = Pick<Stripe, 'invoices' | 'billingPortal'>;

/** Links that let whoever has them see or pay: asked for when they are wanted, and kept nowhere. */
export const linksOf = (stripe: LinksStripe) => ({
  /** Where a bill can be read as a PDF; null while it is a draft. */
  async invoicePdf(invoiceId: string): Promise<string | null> {
    return (await stripeCall(stripe.invoices.retrieve(invoiceId))).invoice_pdf ?? null;
  },
  /** Stripe's own pages, where a customer pays and changes cards: no card number comes near the platform. */
  async openPortal(customerId: string, returnUrl: string): Promise<string> {
    return (await stripeCall(stripe.billingPortal.sessions.create({ customer: customerId, return_url: returnUrl }))).url;
  },
});
