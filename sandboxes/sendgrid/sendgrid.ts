import { createDeliveries } from '../support/deliveries.ts';
import { header, operationsOf, route } from '../support/http.ts';
import type { Reply, Route, SandboxRequest } from '../support/http.ts';
import type { CreateVendor } from '../support/kernel.ts';
import { createRouter } from '../support/router.ts';
import { activityRoutes } from './activity.ts';
import type { SendgridContext } from './context.ts';
import { erasureRoutes } from './erasure.ts';
import { eventWebhookRoutes, openEventWebhooks, signatureHeaders } from './event-webhooks.ts';
import { tellEvents } from './events.ts';
import { SendgridFailure, badRequest, refusal } from './failure.ts';
import type { Message } from './mail.ts';
import { sendRoutes } from './send.ts';
import { createSuppressions, suppressionControl, suppressionRoutes } from './suppressions.ts';

/** SendGrid's v3 API: mail, its activity, suppressions, erasure and the event webhook. */
export const createSendgrid: CreateVendor = ({ store, clock, ledger, faults }, { webhookRetryMs, activityLagSeconds = 0 }) => {
  const messages = store.collection<Message>('messages');
  const suppressions = createSuppressions(store, clock);
  const webhooks = openEventWebhooks(store);
  const deliveries = createDeliveries({
    store,
    faults,
    ...(webhookRetryMs ? { retryMs: webhookRetryMs } : {}),
    sign: ({ endpointId, body }) => {
      const webhook = webhooks.get(endpointId);
      return webhook && { 'content-type': 'application/json', ...signatureHeaders(webhook, Math.floor(Date.now() / 1000), body) };
    },
  });
  const context: SendgridContext = {
    store,
    clock,
    ledger,
    messages,
    suppressions,
    activityLagSeconds,
    tellOf: (sent) => tellEvents(webhooks, deliveries, sent),
  };
  const routes = [
    ...sendRoutes(context),
    ...activityRoutes(context),
    ...suppressionRoutes(suppressions, ledger),
    ...erasureRoutes(context),
    ...eventWebhookRoutes(webhooks, clock),
  ];
  const match = createRouter(routes);

  async function answer(request: SandboxRequest, begin: () => Promise<Reply | undefined>): Promise<Reply> {
    authorize(request);
    const found = match(request);
    if (!found) throw new SendgridFailure(404, [{ message: 'The requested resource does not exist.', field: null }]);
    const injected = await begin();
    return injected ?? store.transaction(() => parsed(() => found.route.handle(request, found.params) as Reply));
  }

  return {
    handle: async (request, begin) => {
      const reply = await answer(request, begin).catch(refusal);
      return { ...reply, headers: { ...rateHeaders(clock.now()), ...reply.headers } };
    },
    operations: operationsOf(routes),
    control: [outbox(messages), suppressionControl(store, suppressions)],
    stop: deliveries.stop,
  };
};

/** The mails as their readers would see them, newest last: `?to=` picks one reader's. */
const outbox = (messages: { values(): readonly Message[] }): Route =>
  route('GET /_sandbox/messages', ({ query }) => {
    const to = query.get('to')?.toLowerCase();
    return { status: 200, body: { messages: messages.values().filter((message) => to === undefined || message.to.toLowerCase() === to) } };
  });

const rateLimit = 10_000;
const rateHeaders = (now: number) => ({
  'x-ratelimit-limit': String(rateLimit),
  'x-ratelimit-remaining': String(rateLimit - 1),
  'x-ratelimit-reset': String(now + 1),
});

function authorize(request: SandboxRequest): void {
  const authorization = header(request, 'authorization');
  if (authorization === undefined) throw new SendgridFailure(401, [{ message: 'authorization required', field: null, help: null }]);
  if (!/^Bearer SG\..+$/.test(authorization)) {
    throw new SendgridFailure(401, [
      { message: 'The provided authorization grant is invalid, expired, or revoked', field: null, help: null },
    ]);
  }
}

function parsed<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof SyntaxError) throw badRequest('Bad Request');
    throw error;
  }
}
