import { z } from 'zod';
import { plans } from '../../domain/plans.ts';
import { newestSubscription } from '../../platform/billing-look-ups.ts';
import { Invoice } from '../../platform/models/invoice.ts';
import { Payment } from '../../platform/models/payment.ts';
import { InvoiceDetail, presentInvoiceDetail } from '../presenters/invoice.ts';
import { PaymentResource, presentPayment } from '../presenters/payment.ts';
import { PlanResource, presentPlan, presentSubscription, SubscriptionResource } from '../presenters/subscription.ts';
import { found } from '../support/find.ts';
import { idPosition, page, pageOf, paging, positionOf } from '../support/paging.ts';
import { reply, route, type Route } from '../support/route.ts';

/** How a school's billing stands: the mirror of what Stripe answered last, and the plans there are. */
export const billingRoutes = (): Route[] => [subscriptionRoute(), plansRoute(), paymentsRoute(), invoiceRoute()];

const subscriptionRoute = (): Route =>
  route({
    method: 'get',
    path: '/v1/billing/subscription',
    access: { object: 'subscription', action: 'read' },
    paying: true,
    summary: 'The subscription of the school, as Stripe said last',
    responses: { 200: SubscriptionResource },
    problems: [404],
    handler: async ({ caller: { tenantId }, can, read }) => {
      const subscription = await read((trx) => newestSubscription(trx, tenantId));
      return reply(200, presentSubscription(found(subscription, 'subscription'), can));
    },
  });

const plansRoute = (): Route =>
  route({
    method: 'get',
    path: '/v1/billing/plans',
    access: { object: 'subscription', action: 'read' },
    paying: true,
    summary: 'The plans there are',
    responses: { 200: z.object({ items: z.array(PlanResource) }) },
    handler: async () => reply(200, { items: plans.map(presentPlan) }),
  });

const paymentsRoute = (): Route =>
  route({
    method: 'get',
    path: '/v1/billing/payments',
    access: { object: 'payment', action: 'list' },
    paying: true,
    summary: 'Attempts to pay the school’s bills, newest first',
    query: z.strictObject({ ...paging, invoiceId: z.uuid().optional() }),
    responses: { 200: pageOf(PaymentResource) },
    handler: async ({ query: { limit, cursor, invoiceId }, caller: { tenantId }, read }) => {
      const before = positionOf(cursor, idPosition);
      const rows = await read(async (trx) => {
        const payments = Payment.query(trx)
          .where({ tenant_id: tenantId })
          .orderBy('id', 'desc')
          .limit(limit + 1);
        if (before) payments.where('id', '<', before);
        if (invoiceId) payments.where({ invoice_id: invoiceId });
        return payments;
      });
      return reply(
        200,
        page(rows, limit, ({ id }) => id, presentPayment),
      );
    },
  });

const invoiceRoute = (): Route =>
  route({
    method: 'get',
    path: '/v1/billing/invoices/{id}',
    access: { object: 'invoice', action: 'read' },
    paying: true,
    summary: 'A bill of the school, with every attempt to pay it',
    params: z.object({ id: z.uuid() }),
    responses: { 200: InvoiceDetail },
    handler: async ({ caller: { tenantId: tenant_id }, params: { id }, read }) => {
      const { invoice, payments } = await read(async (trx) => ({
        invoice: found(await Invoice.query(trx).findOne({ tenant_id, id }), 'invoice'),
        payments: await Payment.query(trx).where({ tenant_id, invoice_id: id }).orderBy(['attempted_at', 'id']),
      }));
      return reply(200, presentInvoiceDetail(invoice, payments));
    },
  });
