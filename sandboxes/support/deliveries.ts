import { randomUUID } from 'node:crypto';
import type { Faults } from './faults.ts';
import type { Store } from './store.ts';

/** A webhook on its way: to which endpoint of the vendor's configuration, and what. */
export interface Delivery {
  readonly id: string;
  readonly endpointId: string;
  readonly url: string;
  /** The event's type, for fault rules. */
  readonly event: string;
  readonly eventId: string;
  readonly body: string;
  readonly attempt: number;
  readonly dueAtMs: number;
}

export interface DeliveriesDeps {
  readonly store: Store;
  readonly faults: Faults;
  /** The headers of one attempt, signature and content type among them; undefined when the endpoint is gone. */
  readonly sign: (delivery: Delivery) => Record<string, string> | undefined;
  readonly delivered?: (delivery: Delivery) => void;
  /** Waits between attempts, in real milliseconds; after the last the delivery is given up. */
  readonly retryMs?: readonly number[];
}

export interface Deliveries {
  /** Call within the transaction of the change it tells of; it is sent after that. */
  enqueue(delivery: Pick<Delivery, 'endpointId' | 'url' | 'event' | 'eventId' | 'body'>): void;
  pending(): readonly Delivery[];
  readonly stop: () => Promise<void>;
}

const attemptTimeoutMs = 10_000;

/** At least once, in order unless a fault says otherwise, retried, and resumed after a restart. */
export function createDeliveries({ store, faults, sign, delivered, retryMs = [500, 2_000, 10_000] }: DeliveriesDeps): Deliveries {
  const queue = store.collection<Delivery>('deliveries');
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const due = () => queue.values().filter(({ dueAtMs }) => dueAtMs <= Date.now());

  async function attempt(delivery: Delivery): Promise<void> {
    const headers = sign(delivery);
    const ok = headers === undefined || (await post(delivery, headers, stopping.signal));
    if (stopping.signal.aborted || !queue.get(delivery.id)) return;
    const waitMs = retryMs[delivery.attempt];
    store.transaction(() => {
      if (ok || waitMs === undefined) queue.delete(delivery.id);
      else queue.put(delivery.id, { ...delivery, attempt: delivery.attempt + 1, dueAtMs: Date.now() + waitMs });
      if (ok && headers) delivered?.(delivery);
    });
  }

  async function pump(): Promise<void> {
    for (let batch = due(); batch.length > 0 && !stopping.signal.aborted; batch = due()) {
      const reordered = batch.length > 1 && batch.some(({ event }) => faults.take('reorder-webhooks', { event }));
      for (const delivery of reordered ? batch.toReversed() : batch) {
        if (faults.take('duplicate-webhook', { event: delivery.event })) await attemptOnce(delivery);
        await attempt(delivery);
        if (stopping.signal.aborted) return;
      }
    }
  }

  async function attemptOnce(delivery: Delivery): Promise<void> {
    const headers = sign(delivery);
    if (headers) await post(delivery, headers, stopping.signal);
  }

  function wake(): void {
    clearTimeout(timer);
    if (running || stopping.signal.aborted || queue.size() === 0) return;
    const waitMs = Math.max(0, Math.min(...queue.values().map(({ dueAtMs }) => dueAtMs)) - Date.now());
    timer = setTimeout(() => {
      running = pump().finally(() => {
        running = undefined;
        wake();
      });
    }, waitMs);
  }

  wake();
  return {
    enqueue(delivery) {
      const id = randomUUID();
      queue.put(id, { ...delivery, id, attempt: 0, dueAtMs: Date.now() });
      wake();
    },
    pending: () => queue.values(),
    async stop() {
      clearTimeout(timer);
      stopping.abort();
      await running;
    },
  };
}

/** True when the receiver answered 2xx; a redirect, a refused connection and a time-out are failures, to be retried. */
async function post({ url, body }: Delivery, headers: Record<string, string>, stopping: AbortSignal): Promise<boolean> {
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(attemptTimeoutMs)]);
  return fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
}
