import { header, operationsOf } from '../support/http.ts';
import type { Reply } from '../support/http.ts';
import type { CreateVendor } from '../support/kernel.ts';
import { createRouter } from '../support/router.ts';
import { userRoutes } from './users.ts';

const limitPerMinute = 1_000;

/** Roblox Open Cloud: its gateway, and users. A resource is added as another file of routes. */
export const createRoblox: CreateVendor = ({ store, clock }) => {
  const routes = userRoutes(store, clock);
  const match = createRouter(routes);
  const rateHeaders = {
    'x-ratelimit-limit': `${limitPerMinute}, ${limitPerMinute};w=60`,
    'x-ratelimit-remaining': String(limitPerMinute - 1),
    'x-ratelimit-reset': '60',
  };
  return {
    operations: operationsOf(routes),
    handle: async (request, begin) => {
      const authorised = Boolean(header(request, 'x-api-key')) || /^Bearer .+$/.test(header(request, 'authorization') ?? '');
      if (!authorised) return { status: 401, body: { errors: [{ code: 0, message: 'Invalid API Key' }] } };
      const found = match(request);
      if (!found) return { status: 404, body: { errors: [{ code: 0, message: 'NotFound' }] } };
      const injected = await begin();
      const reply = injected ?? store.transaction(() => found.route.handle(request, found.params) as Reply);
      return { ...reply, headers: { ...rateHeaders, ...reply.headers } };
    },
  };
};
