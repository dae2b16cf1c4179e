import { createHash, randomUUID } from 'node:crypto';
import type { Faults } from './faults.ts';
import { createLanes } from './lanes.ts';
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
  /** Those of a lane come one after the other; absent: a lane for each endpoint. */
  readonly lane?: string;
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
  /** How long the receiver may take to answer, in real milliseconds. */
  readonly attemptTimeoutMs?: number;
}

export interface Deliveries {
  /** Call within the transaction of the change it tells of; it is sent after that. */
  enqueue(delivery: Pick<Delivery, 'endpointId' | 'url' | 'event' | 'eventId' | 'body' | 'lane'>): void;
  readonly stop: () => Promise<void>;
}

/** How many are under way at once. */
const maxLanes = 16;

/** At least once, in order within a lane unless a fault says otherwise, retried, and resumed after a restart. */
export function createDeliveries(deps: DeliveriesDeps): Deliveries {
  const { store, faults, sign, delivered, retryMs = [500, 2_000, 10_000], attemptTimeoutMs } = deps;
  const queue = store.collection<Delivery>('deliveries');
  const stopping = new AbortController();
  const timers = new Set<NodeJS.Timeout>();
  const lanes = createLanes(maxLanes, attempt);
  let due: string[] = [];
  let sorting: NodeJS.Immediate | undefined;

  queue.watch((id, before, after) => {
    if (after && after.dueAtMs !== before?.dueAtMs) plan(id, after.dueAtMs - Date.now());
  });

  function plan(id: string, waitMs: number): void {
    if (stopping.signal.aborted) return;
    if (waitMs <= 0) {
      due.push(id);
      // What is told of together is sent after the change is made.
      sorting ??= setImmediate(send);
      return;
    }
    const timer = setTimeout(() => {
      timers.delete(timer);
      plan(id, 0);
    }, waitMs);
    timers.add(timer);
  }

  function send(): void {
    sorting = undefined;
    // A change that was undone takes its deliveries with it.
    const batch = due.flatMap((id) => queue.get(id) ?? []);
    due = [];
    for (const { id, endpointId, lane } of inSomeOrder(faults, batch)) lanes.add(lane ?? endpointId, id);
  }

  async function attempt(id: string): Promise<void> {
    const delivery = queue.get(id);
    if (!delivery || stopping.signal.aborted) return;
    const { event } = delivery;
    if (faults.take('drop-webhook', { event })) return store.transaction(() => queue.delete(id));
    const delay = faults.take('delay-webhook', { event });
    if (delay) return store.transaction(() => queue.put(id, { ...delivery, dueAtMs: Date.now() + (delay.delayMs ?? 1_000) }));
    if (faults.take('duplicate-webhook', { event })) await sendOnce(delivery, sign(delivery), stopping.signal, attemptTimeoutMs);
    const outcome = await sendOnce(delivery, sign(delivery), stopping.signal, attemptTimeoutMs);
    if (stopping.signal.aborted || !queue.get(id)) return;
    const waitMs = retryMs[delivery.attempt];
    store.transaction(() => {
      if (outcome !== 'failed' || waitMs === undefined) queue.delete(id);
      else queue.put(id, { ...delivery, attempt: delivery.attempt + 1, dueAtMs: Date.now() + waitMs });
      if (outcome === 'delivered') delivered?.(delivery);
    });
  }

  return {
    enqueue(delivery) {
      const id = randomUUID();
      queue.put(id, { ...delivery, id, attempt: 0, dueAtMs: Date.now() });
    },
    async stop() {
      stopping.abort();
      clearImmediate(sorting);
      for (const timer of timers) clearTimeout(timer);
      await lanes.idle();
    },
  };
}

async function sendOnce(
  delivery: Delivery,
  headers: Record<string, string> | undefined,
  stopping: AbortSignal,
  timeoutMs = 10_000,
): Promise<'delivered' | 'failed' | 'unwanted'> {
  if (!headers) return 'unwanted';
  return (await post(delivery, headers, AbortSignal.any([stopping, AbortSignal.timeout(timeoutMs)]))) ? 'delivered' : 'failed';
}

/** Deliveries that are due together: as they came, or as a fault says. */
function inSomeOrder(faults: Faults, batch: readonly Delivery[]): readonly Delivery[] {
  if (batch.length < 2) return batch;
  const met = (kind: 'reorder-webhooks' | 'shuffle-webhooks') => {
    for (const { event } of batch) {
      const fault = faults.take(kind, { event });
      if (fault) return fault;
    }
    return undefined;
  };
  if (met('reorder-webhooks')) return batch.toReversed();
  const shuffle = met('shuffle-webhooks');
  if (!shuffle) return batch;
  const place = (index: number) =>
    createHash('sha256')
      .update(`${shuffle.seed ?? 0} ${index}`)
      .digest('hex');
  return batch
    .map((delivery, index) => ({ delivery, place: place(index) }))
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ delivery }) => delivery);
}

/** True when the receiver answered 2xx; a redirect, a refused connection and a time-out are failures, to be retried. */
async function post({ url, body }: Delivery, headers: Record<string, string>, signal: AbortSignal): Promise<boolean> {
  return fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
}
