import { createHmac, randomUUID } from 'node:crypto';
import type { Clock } from '../support/clock.ts';
import type { Deliveries } from '../support/deliveries.ts';
import { jsonBody, route } from '../support/http.ts';
import type { Reply, Route } from '../support/http.ts';
import type { Collection, Store } from '../support/store.ts';

interface Webhook {
  readonly url: string;
  /** Absent: what is sent carries no signature, only its time. */
  readonly secret?: string;
}
interface Asked {
  readonly userId: number;
  /** Start places of games. */
  readonly gameIds?: readonly number[];
  readonly notificationId?: string;
}
export const webhookId = 'webhook';
export const openWebhook = (store: Store): Collection<Webhook> => store.collection('webhook');

/** The headers of one attempt, by the real time; undefined when no webhook is set. */
export function signatureHeaders(webhook: Webhook | undefined, body: string): Record<string, string> | undefined {
  if (!webhook) return undefined;
  const at = Math.floor(Date.now() / 1000);
  const signature = webhook.secret && createHmac('sha256', webhook.secret).update(`${at}.${body}`).digest('base64');
  return { 'content-type': 'application/json', 'roblox-signature': signature ? `t=${at},v1=${signature}` : `t=${at}` };
}

/** What at Roblox is done in its dashboard, or by its users. */
export function webhookControl(store: Store, clock: Clock, deliveries: Deliveries): Route[] {
  const webhooks = openWebhook(store);
  const notify = (eventType: string, payload: object, notificationId: string = randomUUID()): Reply => {
    const webhook = webhooks.get(webhookId);
    if (!webhook) return { status: 409, body: { error: 'no webhook is set' } };
    // .NET writes seven digits.
    const time = new Date(clock.nowMs()).toISOString().replace('Z', '0000Z');
    const body = JSON.stringify({ NotificationId: notificationId, EventType: eventType, EventTime: time, EventPayload: payload });
    store.transaction(() =>
      deliveries.enqueue({ endpointId: webhookId, url: webhook.url, event: eventType, eventId: notificationId, body }),
    );
    return { status: 202, body: { notificationId } };
  };
  return [
    route('PUT /_sandbox/webhook', (request) => {
      const webhook = jsonBody(request) as Webhook;
      store.transaction(() => webhooks.put(webhookId, webhook));
      return { status: 200, body: { url: webhook.url } };
    }),
    route('POST /_sandbox/erasure-requests', (request) => {
      const { userId, gameIds = [], notificationId } = jsonBody(request) as Asked;
      return notify('RightToErasureRequest', { UserId: userId, GameIds: gameIds }, notificationId);
    }),
    route('POST /_sandbox/sample-notifications', (request) => {
      const { userId, notificationId } = jsonBody(request) as Asked;
      return notify('SampleNotification', { UserId: userId }, notificationId);
    }),
  ];
}
