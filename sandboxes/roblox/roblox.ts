import { createDeliveries } from '../support/deliveries.ts';
import { operationsOf } from '../support/http.ts';
import type { Reply, SandboxRequest } from '../support/http.ts';
import type { CreateVendor } from '../support/kernel.ts';
import { createRouter } from '../support/router.ts';
import { createApiKeys } from './api-keys.ts';
import { apiKeyOf } from './context.ts';
import type { RobloxContext, RobloxRoute } from './context.ts';
import { dataStoreRoutes } from './data-store-routes.ts';
import { openEntries } from './entries.ts';
import { entryRoutes } from './entry-routes.ts';
import { refusal } from './failure.ts';
import { createLimits, tooMany } from './limits.ts';
import { orderedRoutes } from './ordered-routes.ts';
import { userRoutes } from './users.ts';
import { openWebhook, signatureHeaders, webhookControl } from './webhooks.ts';

const limitPerMinute = 1_000;
const rateHeaders = {
  'x-ratelimit-limit': `${limitPerMinute}, ${limitPerMinute};w=60`,
  'x-ratelimit-remaining': String(limitPerMinute - 1),
  'x-ratelimit-reset': '60',
};
/** Five times at a fixed interval, then never again; an answer has to come within 5 s. */
const retryMs = [2_000, 2_000, 2_000, 2_000, 2_000];
const attemptTimeoutMs = 5_000;

/** Roblox Open Cloud: its gateway, users, data stores and webhooks. A resource is added as another file of routes. */
export const createRoblox: CreateVendor = ({ store, clock, ledger, faults }, { webhookRetryMs = retryMs }) => {
  const context: RobloxContext = { store, clock, ledger };
  const entries = openEntries(context);
  const routes: RobloxRoute[] = [
    ...userRoutes(store, clock),
    ...dataStoreRoutes(context, entries),
    ...entryRoutes(context, entries),
    ...orderedRoutes(context),
  ];
  const match = createRouter(routes);
  const [keys, limits] = [createApiKeys(store), createLimits(clock)];
  const webhooks = openWebhook(store);
  const deliveries = createDeliveries({
    store,
    faults,
    retryMs: webhookRetryMs,
    attemptTimeoutMs,
    sign: ({ endpointId, body }) => signatureHeaders(webhooks.get(endpointId), body),
  });

  async function answer(request: SandboxRequest, begin: () => Promise<Reply | undefined>): Promise<Reply> {
    // As it came: what is written as %2F, %3A or %40 is part of a name, not of the path.
    const found = match({ ...request, path: request.rawPath });
    if (!found) return { status: 404, body: { errors: [{ code: 0, message: 'NotFound' }] } };
    const { route, params } = found;
    const universe = params['universe_id'];
    keys.demand(request, route, universe);
    const refused = universe !== undefined && route.budget ? limits.take(universe, route.budget) : undefined;
    if (refused) return refused;
    return (await begin()) ?? store.transaction(() => route.handle(request, params) as Reply);
  }

  return {
    operations: operationsOf(routes),
    handle: async (request, begin) => {
      if (!apiKeyOf(request)) return { status: 401, body: { errors: [{ code: 0, message: 'Invalid API Key' }] } };
      const reply = await answer(request, begin).catch(refusal);
      return { ...reply, headers: { ...rateHeaders, ...reply.headers } };
    },
    control: [...keys.control, ...limits.control, ...webhookControl(store, clock, deliveries)],
    faultKinds: {
      'rate-limit': ({ method, path, times, skip }) => ({
        ...({ method, path, times, skip } as object),
        kind: 'status' as const,
        ...tooMany(1),
      }),
    },
    reset: limits.reset,
    stop: deliveries.stop,
  };
};
