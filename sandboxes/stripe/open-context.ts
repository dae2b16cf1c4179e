import { createDeliveries } from '../support/deliveries.ts';
import type { Kernel, SandboxOptions } from '../support/kernel.ts';
import { newId, openTables } from './context.ts';
import type { CurrentRequest, StripeContext } from './context.ts';
import { createEmit } from './events.ts';
import { openIndexes } from './indexes.ts';
import { signatureHeader } from './webhook-endpoints.ts';

export interface OpenContext {
  readonly context: StripeContext;
  /** Makes the request known to the events that `act` causes. */
  readonly during: <T>(request: CurrentRequest, act: () => T) => T;
  /** Lets `act` find another time than the sandbox's own. */
  readonly at: <T>(now: number, act: () => T) => T;
  readonly stop: () => Promise<void>;
}

/** Everything the resources stand on: tables, time, ids, events and their delivery. */
export function openContext(kernel: Kernel, { webhookRetryMs }: SandboxOptions): OpenContext {
  const { store, clock, faults } = kernel;
  const tables = openTables(kernel);
  const indexes = openIndexes(tables);
  let current: CurrentRequest | undefined;
  let time: number | undefined;
  const now = () => time ?? clock.now();
  const timeOf = (id: string) => tables.testClocks.get(id)?.frozen_time ?? clock.now();
  const deliveries = createDeliveries({
    store,
    faults,
    ...(webhookRetryMs ? { retryMs: webhookRetryMs } : {}),
    sign: ({ endpointId, body }) => signed(tables.webhookEndpoints.get(endpointId)?.secret, body),
    delivered: ({ eventId }) => {
      const event = tables.events.get(eventId);
      if (event) tables.events.put(eventId, { ...event, pending_webhooks: Math.max(0, event.pending_webhooks - 1) });
    },
  });
  const emit = createEmit({
    tables,
    now,
    arrived: clock.now,
    current: () => current,
    deliver: (event, { id, url }) =>
      deliveries.enqueue({
        endpointId: id,
        url,
        event: event.type,
        eventId: event.id,
        body: JSON.stringify(event, null, 2),
        lane: `${id} ${ownerOf(event.data.object)}`,
      }),
  });
  return {
    context: { tables, indexes, now, timeOf, id: newId, emit },
    stop: deliveries.stop,
    during: (request, act) => {
      current = request;
      try {
        return act();
      } finally {
        current = undefined;
      }
    },
    at: (moment, act) => {
      const before = time;
      time = moment;
      try {
        return act();
      } finally {
        time = before;
      }
    },
  };
}

/** The headers of a delivery; none when its endpoint is gone. */
function signed(secret: string | undefined, body: string): Record<string, string> | undefined {
  if (secret === undefined) return undefined;
  const signature = signatureHeader(secret, Math.floor(Date.now() / 1000), body);
  return { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature };
}

/** What a customer's events tell comes in the order it happened, beside those of others. */
function ownerOf(object: object): string {
  const { customer, id } = object as { customer?: unknown; id?: unknown };
  if (typeof customer === 'string') return customer;
  return typeof id === 'string' ? id : '';
}
