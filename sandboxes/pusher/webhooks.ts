import { createDeliveries } from '../support/deliveries.ts';
import { jsonBody, route } from '../support/http.ts';
import type { Route } from '../support/http.ts';
import type { Kernel, PusherApp, SandboxOptions } from '../support/kernel.ts';
import type { HubEvents } from './hub.ts';
import { hmac } from './signatures.ts';

const endpointId = 'webhook';

/** Tells the app's one webhook what happens on its channels. Its address is set by `PUT /_sandbox/webhook`: Pusher has it in its dashboard. */
export function createWebhooks({ store, faults }: Kernel, app: PusherApp, { webhookRetryMs, vacatedAfterMs = 3_000 }: SandboxOptions) {
  const urls = store.collection<string>('webhook');
  const leaving = new Map<string, NodeJS.Timeout>();
  const deliveries = createDeliveries({
    store,
    faults,
    ...(webhookRetryMs ? { retryMs: webhookRetryMs } : {}),
    // The SDK refuses any other content type, a charset among them.
    sign: ({ body }) => ({ 'content-type': 'application/json', 'x-pusher-key': app.key, 'x-pusher-signature': hmac(app.secret, body) }),
  });

  function tell(event: { readonly name: string; readonly channel: string; readonly [more: string]: unknown }): void {
    const url = urls.get(endpointId);
    if (url === undefined) return;
    const body = JSON.stringify({ time_ms: Date.now(), events: [event] });
    store.transaction(() => deliveries.enqueue({ endpointId, url, event: event.name, eventId: event.channel, body }));
  }
  /** Says it later, unless the opposite happens first: a reconnecting socket is no news. */
  function later(key: string, act: () => void): void {
    leaving.set(
      key,
      setTimeout(() => {
        leaving.delete(key);
        act();
      }, vacatedAfterMs),
    );
  }
  function cancelled(key: string): boolean {
    const timer = leaving.get(key);
    clearTimeout(timer);
    return leaving.delete(key);
  }

  const events: HubEvents = {
    occupied: (channel) => {
      if (!cancelled(channel)) tell({ name: 'channel_occupied', channel });
    },
    vacated: (channel) => later(channel, () => tell({ name: 'channel_vacated', channel })),
    memberAdded: (channel, user_id) => {
      if (!cancelled(`${channel} ${user_id}`)) tell({ name: 'member_added', channel, user_id });
    },
    memberRemoved: (channel, user_id) => later(`${channel} ${user_id}`, () => tell({ name: 'member_removed', channel, user_id })),
  };
  const control: Route = route('PUT /_sandbox/webhook', (request) => {
    const { url } = jsonBody(request) as { url: string };
    store.transaction(() => urls.put(endpointId, url));
    return { status: 204 };
  });

  return {
    events,
    control,
    clientEvent: (channel: string, event: string, data: string, socket_id: string, user_id?: string) =>
      tell({ name: 'client_event', channel, event, data, socket_id, ...(user_id === undefined ? {} : { user_id }) }),
    stop: async () => {
      for (const timer of leaving.values()) clearTimeout(timer);
      await deliveries.stop();
    },
  };
}
