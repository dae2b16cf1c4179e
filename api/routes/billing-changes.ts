import { z } from 'zod';
import { inTenant } from '../../platform/database.ts';
import { Invoice } from '../../platform/models/invoice.ts';
import { Payment } from '../../platform/models/payment.ts';
import changeSubscription from '../../processes/change-subscription.ts';
import issueCreditNote from '../../processes/issue-credit-note.ts';
import refundPayment from '../../processes/refund-payment.ts';
import { presentReference, RunReference } from '../presenters/run.ts';
import { found } from '../support/find.ts';
import { idempotencyHeader } from '../support/idempotency.ts';
import { reply, route, type Route } from '../support/route.ts';
import { createStarter, type StartDeps, type Starter, type StartRequest } from '../support/run-start.ts';

const params = z.object({ id: z.uuid() });
const answers = { responses: { 202: RunReference }, problems: [409] } as const;

/** What changes something at Stripe: each starts a run of its process, as POST /v1/processes/{name}/runs does. */
export function billingChangeRoutes(deps: StartDeps): Route[] {
  const start = createStarter(deps);
  return [changeRoute(start), refundRoute(deps, start), creditNoteRoute(deps, start)];
}

const started = async (start: Starter, request: StartRequest) => {
  const reference: z.input<typeof RunReference> = presentReference(await start(request));
  return reply(202, reference, { Location: reference.links.self });
};

const changeRoute = (start: Starter): Route =>
  route({
    method: 'post',
    path: '/v1/billing/subscription/changes',
    access: changeSubscription.permission,
    paying: true,
    summary: 'Changes plan or seats, or ends the subscription: starts a run of change-subscription',
    body: changeSubscription.input,
    headers: idempotencyHeader,
    ...answers,
    handler: ({ caller, body: input, headers, requestId }) =>
      started(start, { process: changeSubscription, caller, requestId, input, idempotencyKey: headers['idempotency-key'] }),
  });

const refundRoute = ({ knex }: StartDeps, start: Starter): Route =>
  route({
    method: 'post',
    path: '/v1/billing/payments/{id}/refunds',
    access: refundPayment.permission,
    paying: true,
    summary: 'Gives a payment of a school back: starts a run of refund-payment',
    params,
    body: refundPayment.input.omit({ paymentId: true }),
    headers: idempotencyHeader,
    ...answers,
    handler: async ({ caller, params: { id }, body, headers, requestId }) => {
      const { tenantId: tenant_id } = body;
      found(await inTenant(knex, tenant_id, async (trx) => Payment.query(trx).findOne({ tenant_id, id })), 'payment');
      const input = { ...body, paymentId: id };
      return started(start, { process: refundPayment, caller, requestId, input, idempotencyKey: headers['idempotency-key'] });
    },
  });

const creditNoteRoute = ({ knex }: StartDeps, start: Starter): Route =>
  route({
    method: 'post',
    path: '/v1/billing/invoices/{id}/credit-notes',
    access: issueCreditNote.permission,
    paying: true,
    summary: 'Takes something off a bill of a school: starts a run of issue-credit-note',
    params,
    body: issueCreditNote.input.omit({ invoiceId: true }),
    headers: idempotencyHeader,
    ...answers,
    handler: async ({ caller, params: { id }, body, headers, requestId }) => {
      const { tenantId: tenant_id } = body;
      found(await inTenant(knex, tenant_id, async (trx) => Invoice.query(trx).findOne({ tenant_id, id })), 'invoice');
      const input = { ...body, invoiceId: id };
      return started(start, { process: issueCreditNote, caller, requestId, input, idempotencyKey: headers['idempotency-key'] });
    },
  });
