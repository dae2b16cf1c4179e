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
    const params = { customer: customerId, configuration: await portalOf(stripe), return_url: returnUrl };
    return (await stripeCall(stripe.billingPortal.sessions.create(params))).url;
  },
});

/** Changes when the pages are to offer something else. */
const edition = 'toolbox-1';

/** What the pages offer: bills and cards. A plan is changed here, where the school's students are counted first. */
async function portalOf(stripe: LinksStripe): Promise<string> {
  const known = await stripeCall(stripe.billingPortal.configurations.list({ active: true, limit: 100 }));
  const ours = known.data.find(({ metadata }) => metadata?.['edition'] === edition);
  if (ours) return ours.id;
  const features = { invoice_history: { enabled: true }, payment_method_update: { enabled: true } };
  const options = { idempotencyKey: `portal-configuration:${edition}` };
  return (await stripeCall(stripe.billingPortal.configurations.create({ features, metadata: { edition } }, options))).id;
}
