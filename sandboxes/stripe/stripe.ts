import { createDeliveries } from '../support/deliveries.ts';
import { header } from '../support/http.ts';
import type { Reply, Route, SandboxRequest } from '../support/http.ts';
import type { CreateVendor } from '../support/kernel.ts';
import { createRouter } from '../support/router.ts';
import { apiVersion, newId, openTables } from './context.ts';
import type { CurrentRequest, StripeContext } from './context.ts';
import { customerEndpoints } from './customers.ts';
import type { Endpoint } from './endpoint.ts';
import { createEmit, eventEndpoints } from './events.ts';
import { createExecute } from './execute.ts';
import { StripeFailure, invalid } from './failure.ts';
import { decodeForm } from './form.ts';
import { invoiceEndpoints } from './invoices.ts';
import { paymentMethodEndpoints } from './payment-methods.ts';
import { paymentEndpoints } from './payments.ts';
import { priceEndpoints } from './prices.ts';
import { productEndpoints } from './products.ts';
import { subscriptionEndpoints } from './subscriptions.ts';
import { signatureHeader, webhookEndpointEndpoints } from './webhook-endpoints.ts';

const resources = [
  customerEndpoints,
  productEndpoints,
  priceEndpoints,
  subscriptionEndpoints,
  invoiceEndpoints,
  paymentMethodEndpoints,
  paymentEndpoints,
  eventEndpoints,
  webhookEndpointEndpoints,
];

/** Stripe as the SDK of API 2026-08-26.dahlia sees it. */
export const createStripe: CreateVendor = (kernel, { webhookRetryMs }) => {
  const { store, clock, faults } = kernel;
  const tables = openTables(kernel);
  let current: CurrentRequest | undefined;
  const deliveries = createDeliveries({
    store,
    faults,
    ...(webhookRetryMs ? { retryMs: webhookRetryMs } : {}),
    sign: ({ endpointId, body }) => {
      const secret = tables.webhookEndpoints.get(endpointId)?.secret;
      return secret === undefined
        ? undefined
        : {
            'content-type': 'application/json; charset=utf-8',
            'stripe-signature': signatureHeader(secret, Math.floor(Date.now() / 1000), body),
          };
    },
    delivered: ({ eventId }) => {
      const event = tables.events.get(eventId);
      if (event) tables.events.put(eventId, { ...event, pending_webhooks: Math.max(0, event.pending_webhooks - 1) });
    },
  });
  const emit = createEmit({
    tables,
    now: clock.now,
    current: () => current,
    deliver: (event, { id, url }) =>
      deliveries.enqueue({ endpointId: id, url, event: event.type, eventId: event.id, body: JSON.stringify(event, null, 2) }),
  });
  const context: StripeContext = { tables, now: clock.now, id: newId, emit };
  const endpoints = new Map<string, Endpoint>(
    resources.flatMap((resource) => resource(context)).map((one) => [`${one.method} ${one.path}`, one]),
  );
  const match = createRouter([...endpoints.values()].map(({ method, path }): Route => ({ method, path, handle: () => ({ status: 500 }) })));
  const execute = createExecute({
    kernel,
    tables,
    during: (request, act) => {
      current = request;
      try {
        return act();
      } finally {
        current = undefined;
      }
    },
  });

  async function answer(request: SandboxRequest, requestId: string, begin: () => Promise<Reply | undefined>): Promise<Reply> {
    authorize(request);
    const found = match(request);
    const endpoint = found && endpoints.get(`${found.route.method} ${found.route.path}`);
    if (!found || !endpoint) {
      throw new StripeFailure(404, {
        type: 'invalid_request_error',
        message: `Unrecognized request URL (${request.method}: ${request.path}).`,
      });
    }
    const raw = decodeForm([request.rawQuery, request.rawBody.toString('utf8')].filter(Boolean).join('&'));
    const idempotencyKey = request.method === 'POST' ? (header(request, 'idempotency-key') ?? null) : null;
    return execute({ endpoint, ids: found.params, path: request.path, raw, id: requestId, idempotencyKey }, begin);
  }

  return {
    handle: async (request, begin) => {
      const requestId = newId('req', 14);
      const key = header(request, 'idempotency-key');
      const reply = await answer(request, requestId, begin).catch(refusal);
      return {
        ...reply,
        headers: { 'request-id': requestId, 'stripe-version': apiVersion, ...(key ? { 'idempotency-key': key } : {}), ...reply.headers },
      };
    },
    stop: deliveries.stop,
  };
};

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

export function refusal(error: unknown): Reply {
  if (error instanceof StripeFailure) return { status: error.status, body: { error: error.body } };
  throw error;
}
