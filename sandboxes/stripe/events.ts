import type Stripe from 'stripe';
import { apiVersion, find, newId } from './context.ts';
import type { CurrentRequest, Emit, StripeContext, Tables } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { missing } from './failure.ts';
import { createdShape, listShape, page, withinRange } from './lists.ts';
import { boolean, listOf, text } from './params.ts';

export interface EmitDeps {
  readonly tables: Tables;
  readonly now: () => number;
  /** The sandbox's own time, whatever clock the object lives on. */
  readonly arrived: () => number;
  readonly current: () => CurrentRequest | undefined;
  readonly deliver: (event: Stripe.Event, endpoint: Stripe.WebhookEndpoint) => void;
}

/** Keeps an event of the object as it is now, and sends it to the endpoints that want its type. */
export function createEmit({ tables, now, arrived, current, deliver }: EmitDeps): Emit {
  return (type, object, previous) => {
    const request = current();
    const wanting = tables.webhookEndpoints.values().filter((one) => one.status === 'enabled' && wants(one, type));
    const event = {
      id: newId('evt'),
      object: 'event',
      api_version: apiVersion,
      created: now(),
      data: { object, ...(previous ? { previous_attributes: previous } : {}) },
      livemode: false,
      pending_webhooks: wanting.length,
      request: { id: request?.id ?? null, idempotency_key: request?.idempotencyKey ?? null },
      type,
    } as unknown as Stripe.Event;
    tables.events.put(event.id, event);
    if (arrived() !== event.created) tables.eventArrivals.put(event.id, arrived());
    for (const one of wanting) deliver(event, one);
  };
}

/** Events can be read for so long, by the sandbox's own time. */
const keptSeconds = 30 * 86_400;

const wants = ({ enabled_events }: Stripe.WebhookEndpoint, type: string) => enabled_events.includes('*') || enabled_events.includes(type);

/** Whether Stripe still tells of an event. */
const isKept = ({ tables, timeOf }: StripeContext, event: Stripe.Event) =>
  (tables.eventArrivals.get(event.id) ?? event.created) > timeOf('') - keptSeconds;

export const eventEndpoints = (context: StripeContext): Endpoint[] => [
  endpoint(
    'GET /v1/events',
    { ...listShape, ...createdShape, type: text, types: listOf(text), delivery_success: boolean },
    ({ type, types, created, delivery_success, ...paging }) => {
      const rows = (type === undefined || type.includes('*') ? context.tables.events.values() : context.indexes.eventsOfType.of(type))
        .filter((event) => isKept(context, event))
        .filter((event) => type === undefined || matches(type, event.type))
        .filter((event) => types === undefined || types.includes(event.type))
        .filter((event) => delivery_success === undefined || (event.pending_webhooks === 0) === delivery_success)
        .filter((event) => withinRange(event.created, created));
      return page(rows, '/v1/events', paging);
    },
  ),
  endpoint('GET /v1/events/{id}', {}, (_, { id }) => {
    const event = find(context.tables.events, 'event', id);
    if (!isKept(context, event)) throw missing('event', id);
    return event;
  }),
];

/** `invoice.*` stands for every type of that family. */
const matches = (wanted: string, type: string) => (wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : wanted === type);
