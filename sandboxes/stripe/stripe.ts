import { header, operationsOf } from '../support/http.ts';
import type { Reply, SandboxRequest } from '../support/http.ts';
import type { CreateVendor } from '../support/kernel.ts';
import { createRouter } from '../support/router.ts';
import { checkoutEndpoints } from './checkout.ts';
import { apiVersion, newId } from './context.ts';
import { creditNoteEndpoints } from './credit-notes.ts';
import { customerEndpoints } from './customers.ts';
import { eventEndpoints } from './events.ts';
import { stripeControl } from './control.ts';
import { createExecute, replyOf } from './execute.ts';
import { createLookup } from './expand.ts';
import { StripeFailure, invalid } from './failure.ts';
import { decodeForm } from './form.ts';
import { invoiceItemEndpoints } from './invoice-items.ts';
import { invoiceEndpoints } from './invoices.ts';
import { openContext } from './open-context.ts';
import { ownerClock } from './owner-clock.ts';
import { paymentMethodEndpoints } from './payment-methods.ts';
import { paymentIntentEndpoints } from './payment-intents.ts';
import { paymentEndpoints } from './payments.ts';
import { portalEndpoints } from './portal.ts';
import { priceEndpoints } from './prices.ts';
import { productEndpoints } from './products.ts';
import { refundEndpoints } from './refunds.ts';
import { setupIntentEndpoints } from './setup-intents.ts';
import { stripeFaults } from './stripe-faults.ts';
import { subscriptionItemEndpoints } from './subscription-items.ts';
import { subscriptionEndpoints } from './subscriptions.ts';
import { taxIdEndpoints } from './tax-ids.ts';
import { createClockMover, testClockEndpoints } from './test-clocks.ts';
import { createTime } from './time.ts';
import { webhookEndpointEndpoints } from './webhook-endpoints.ts';

const resources = [
  customerEndpoints,
  productEndpoints,
  priceEndpoints,
  subscriptionEndpoints,
  subscriptionItemEndpoints,
  invoiceEndpoints,
  invoiceItemEndpoints,
  paymentMethodEndpoints,
  paymentEndpoints,
  paymentIntentEndpoints,
  setupIntentEndpoints,
  refundEndpoints,
  creditNoteEndpoints,
  portalEndpoints,
  checkoutEndpoints,
  taxIdEndpoints,
  testClockEndpoints,
  eventEndpoints,
  webhookEndpointEndpoints,
];

/** How often is looked whether something fell due, in real milliseconds. */
const tickMs = 200;

/** Stripe as the SDK of API 2026-08-26.dahlia sees it. */
export const createStripe: CreateVendor = (kernel, options) => {
  const { context, during, at, stop } = openContext(kernel, options);
  const { store, clock } = kernel;
  const time = createTime({ context, transaction: store.transaction, at });
  const clocks = createClockMover(context, time, store.transaction);
  const tick = () => {
    time.run('', clock.now());
    clocks.wake();
  };
  const ticking = setInterval(tick, tickMs).unref();
  const endpoints = resources.flatMap((resource) => resource(context));
  const match = createRouter(endpoints);
  const execute = createExecute({ kernel, context, during, at });

  async function answer(request: SandboxRequest, requestId: string, begin: () => Promise<Reply | undefined>): Promise<Reply> {
    authorize(request);
    const found = match(request);
    if (!found) throw unrecognized(request);
    const raw = decodeForm([request.rawQuery, request.rawBody.toString('utf8')].filter(Boolean).join('&'));
    const idempotencyKey = request.method === 'POST' ? (header(request, 'idempotency-key') ?? null) : null;
    return execute({ endpoint: found.route, ids: found.params, path: request.path, raw, id: requestId, idempotencyKey }, begin);
  }

  /** Runs what a control call asks for, in the time of the object it names. */
  function controlled(run: () => object, id = ''): Reply {
    const now = context.timeOf(ownerClock(context, createLookup(context), { id }, {}));
    try {
      return store.transaction(() => replyTo(() => at(now, run)));
    } catch (error) {
      return refusal(error);
    }
  }

  return {
    handle: async (request, begin) => {
      const requestId = newId('req', 14);
      const key = header(request, 'idempotency-key');
      const echoed = key === undefined ? {} : { 'idempotency-key': key };
      tick();
      const reply = await answer(request, requestId, begin).catch(refusal);
      clocks.wake();
      return { ...reply, headers: { 'request-id': requestId, 'stripe-version': apiVersion, ...echoed, ...reply.headers } };
    },
    operations: operationsOf(endpoints),
    faultKinds: stripeFaults,
    control: stripeControl(context, controlled),
    tick,
    stop: async () => {
      clearInterval(ticking);
      clocks.stop();
      await stop();
    },
  };
};

const unrecognized = ({ method, path }: SandboxRequest) =>
  new StripeFailure(404, { type: 'invalid_request_error', message: `Unrecognized request URL (${method}: ${path}).` });

function authorize(request: SandboxRequest): void {
  const key = /^Bearer (.+)$/.exec(header(request, 'authorization') ?? '')?.[1];
  if (key === undefined) {
    throw new StripeFailure(401, {
      type: 'invalid_request_error',
      message: 'You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth.',
    });
  }
  if (!/^[rs]k_test_\w+$/.test(key)) throw new StripeFailure(401, { type: 'invalid_request_error', message: 'Invalid API Key provided.' });
  const version = header(request, 'stripe-version');
  if (version !== undefined && version !== apiVersion)
    throw invalid(`Invalid Stripe API version: ${version}. This sandbox speaks ${apiVersion}.`);
}

/** A refusal whose traces stand is a reply: it undoes nothing. */
function replyTo(run: () => object): Reply {
  try {
    return { status: 200, body: run() };
  } catch (error) {
    if (error instanceof StripeFailure && error.keepsState) return replyOf(error);
    throw error;
  }
}

function refusal(error: unknown): Reply {
  if (error instanceof StripeFailure) return replyOf(error);
  throw error;
}
