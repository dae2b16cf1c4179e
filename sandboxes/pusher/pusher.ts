import { WebSocketServer } from 'ws';
import { operationsOf } from '../support/http.ts';
import type { Reply } from '../support/http.ts';
import type { CreateVendor } from '../support/kernel.ts';
import { createRouter } from '../support/router.ts';
import { createHub } from './hub.ts';
import { restRoutes } from './rest.ts';
import { unauthorised } from './signatures.ts';
import { createSockets } from './socket.ts';
import { createWebhooks } from './webhooks.ts';

export const defaultApp = { appId: 'toolbox', key: 'toolbox-key', secret: 'toolbox-secret' };

/** Pusher Channels: the HTTP API and WebSocket protocol 7 of one app. */
export const createPusher: CreateVendor = (kernel, options) => {
  const { store, clock, ledger } = kernel;
  const app = options.pusher ?? defaultApp;
  const webhooks = createWebhooks(kernel, app, options);
  const hub = createHub(webhooks.events);
  const sockets = createSockets({ app, hub, clientEvent: webhooks.clientEvent });
  const routes = restRoutes({ app, hub, ledger, connections: sockets.all });
  const match = createRouter(routes);
  const server = new WebSocketServer({ noServer: true });

  return {
    handle: async (request, begin) => {
      const reason = unauthorised(app, request, clock.now());
      if (reason !== undefined) return { status: 401, text: reason };
      const found = match(request);
      if (!found) return { status: 404, text: 'Not found' };
      return (await begin()) ?? parsed(() => store.transaction(() => found.route.handle(request, found.params) as Reply));
    },
    operations: operationsOf(routes).map((name) => name.replace(`/apps/${app.appId}/`, '/apps/{app_id}/')),
    control: [webhooks.control],
    upgrade: (message, socket, head) => server.handleUpgrade(message, socket, head, (opened) => sockets.serve(opened, message)),
    reset: sockets.closeAll,
    stop: async () => {
      sockets.closeAll();
      for (const client of server.clients) client.terminate();
      await webhooks.stop();
    },
  };
};

function parsed(act: () => Reply): Reply {
  try {
    return act();
  } catch (error) {
    if (error instanceof SyntaxError) return { status: 400, text: 'Invalid JSON' };
    throw error;
  }
}
