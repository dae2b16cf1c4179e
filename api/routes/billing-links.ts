import type { Knex } from 'knex';
import { z } from 'zod';
import { BillingStateError } from '../../domain/billing-errors.ts';
import { UnknownPlanError, ValidationError } from '../../domain/errors.ts';
import { findPlan, planIds } from '../../domain/plans.ts';
import type { Billing } from '../../platform/billing.ts';
import { changeToMake } from '../../platform/billing-look-ups.ts';
import { inTenant } from '../../platform/database.ts';
import { Invoice } from '../../platform/models/invoice.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import changeSubscription from '../../processes/change-subscription.ts';
import { PreviewResource, presentPreview } from '../presenters/subscription.ts';
import { found } from '../support/find.ts';
import { reply, route, type Route } from '../support/route.ts';

export interface BillingLinkDeps {
  /** The main cluster. */
  readonly main: Knex;
  /** Asked while the caller waits, at the pace of people: what changes something at Stripe goes by a queue. */
  readonly billing: Pick<Billing, 'previewChange' | 'ensurePrice' | 'invoicePdf' | 'openPortal'>;
  /** Where the platform is seen from outside: nobody is sent anywhere else. */
  readonly publicUrl: string;
}
const Link = z.object({ url: z.url().describe('Good for a short while; it opens without signing in') });

/** What Stripe is asked for now, for the caller alone: kept nowhere, here or on the way. */
export const billingLinkRoutes = (deps: BillingLinkDeps): Route[] => [previewRoute(deps), pdfRoute(deps), portalRoute(deps)];

/** The price of a plan; made at Stripe if nobody has had the plan yet. */
async function priceOf({ billing }: BillingLinkDeps, plan: string | undefined): Promise<string | undefined> {
  if (plan === undefined) return undefined;
  const known = findPlan(plan);
  if (!known) throw new UnknownPlanError(plan, planIds);
  return billing.ensurePrice(known);
}

const previewRoute = (deps: BillingLinkDeps): Route =>
  route({
    method: 'post',
    path: '/v1/billing/subscription/preview',
    access: changeSubscription.permission,
    paying: true,
    summary: 'What the next bill would be after a change, with what is made up for of this period',
    body: changeSubscription.input,
    responses: { 200: PreviewResource },
    problems: [409],
    handler: async ({ body: { plan, quantity: seats, cancel }, caller: { tenantId } }) => {
      const { subscriptionId, quantity } = await inTenant(deps.main, tenantId, (trx) =>
        changeToMake(trx, tenantId, { plan, quantity: seats }),
      );
      const change = { priceId: await priceOf(deps, plan), quantity, cancel };
      return reply(200, presentPreview(await deps.billing.previewChange(subscriptionId, change)));
    },
  });

const pdfRoute = ({ billing, main }: BillingLinkDeps): Route =>
  route({
    method: 'get',
    path: '/v1/billing/invoices/{id}/pdf',
    access: { object: 'invoice', action: 'read' },
    paying: true,
    personal: true,
    summary: 'A link to the bill as a PDF, asked of Stripe now',
    params: z.object({ id: z.uuid() }),
    responses: { 200: Link },
    problems: [409],
    handler: async ({ params: { id }, caller: { tenantId: tenant_id } }) => {
      const invoice = await inTenant(main, tenant_id, async (trx) => Invoice.query(trx).findOne({ tenant_id, id }));
      const url = await billing.invoicePdf(found(invoice, 'invoice').stripe_invoice_id);
      if (url === null) throw new BillingStateError('This bill is a draft: there is no PDF of it yet.');
      return reply(200, { url }, { 'Cache-Control': 'no-store' });
    },
  });

const portalRoute = ({ billing, main, publicUrl }: BillingLinkDeps): Route =>
  route({
    method: 'post',
    path: '/v1/billing/portal-sessions',
    access: { object: 'subscription', action: 'change' },
    paying: true,
    summary: 'A link to Stripe’s own pages, where the school pays its bills and changes its card',
    body: z.strictObject({
      returnUrl: z
        .url()
        .max(2_000)
        .optional()
        .describe('Where Stripe sends the caller back to: on this platform; its first page when absent')
        .meta({ examples: [publicUrl] }),
    }),
    responses: { 201: Link },
    problems: [409],
    handler: async ({ body: { returnUrl = publicUrl }, caller: { tenantId } }) => {
      if (new URL(returnUrl).origin !== new URL(publicUrl).origin)
        throw new ValidationError([{ path: 'returnUrl', message: 'It is not on this platform.' }]);
      const tenant = await inTenant(main, tenantId, async (trx) => Tenant.query(trx).findById(tenantId));
      const customerId = tenant?.stripe_customer_id;
      if (!customerId) throw new BillingStateError('This school has no account with Stripe.');
      return reply(201, { url: await billing.openPortal(customerId, returnUrl) }, { 'Cache-Control': 'no-store' });
    },
  });
