import { createHash } from 'node:crypto';
import type { Deliveries } from '../support/deliveries.ts';
import type { Collection } from '../support/store.ts';
import type { EventWebhook } from './event-webhooks.ts';
import type { Message, MessageEvent } from './mail.ts';

/** The webhook's name of an event; the Activity API has its own. */
const webhookName = { processed: 'processed', delivered: 'delivered', bounced: 'bounce', dropped: 'dropped' } as const;

/** Queues one batch for each webhook: the events of these messages that it asked for. */
export function tellEvents(webhooks: Collection<EventWebhook>, deliveries: Deliveries, messages: readonly Message[]): void {
  for (const { settings } of webhooks.values()) {
    const wanted = (event: MessageEvent) => settings[webhookName[event.name]];
    const batch = messages.flatMap((message) => message.events.filter(wanted).map((event) => payload(message, event)));
    if (!settings.enabled || batch.length === 0) continue;
    const names = [...new Set(batch.map(({ event }) => event))].join(',');
    deliveries.enqueue({
      endpointId: settings.id,
      url: settings.url,
      event: names,
      eventId: String(batch[0]?.sg_event_id),
      body: JSON.stringify(batch),
    });
  }
}

/** Custom arguments stand at the top level, and lose to the event's own keys. */
function payload(message: Message, { name, at, reason }: MessageEvent) {
  const event = webhookName[name];
  return {
    ...message.customArgs,
    email: message.to,
    timestamp: at,
    'smtp-id': `<${message.xMessageId}@sandbox.invalid>`,
    event,
    ...(message.categories.length > 0 ? { category: message.categories } : {}),
    sg_event_id: createHash('sha256').update(`${message.id}${name}`).digest('base64url').slice(0, 40),
    sg_message_id: message.id,
    ...(event === 'delivered' ? { response: '250 OK' } : {}),
    ...(event === 'bounce' ? { reason, status: '5.1.1', type: 'bounce', bounce_classification: 'Invalid Address' } : {}),
    ...(event === 'dropped' ? { reason } : {}),
  };
}
