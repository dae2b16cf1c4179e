import type { Clock } from './clock.ts';
import type { Store } from './store.ts';

/** Something the vendor did to the outside world. Reads, refusals and replays of an idempotency key are none. */
export interface Effect {
  readonly vendor: string;
  /** `POST /v1/customers`: the operation as the vendor's document names it. */
  readonly operation: string;
  /** What the caller says makes this effect the same as another: idempotency key, dedup_key, event id. */
  readonly businessKey: string | null;
  readonly body: unknown;
  /** RFC 3339, by the sandbox's clock. */
  readonly at: string;
  /** The vendor's id of what was made or changed. */
  readonly id: string;
}

export interface Ledger {
  record(effect: Omit<Effect, 'vendor' | 'at'>): void;
  list(): readonly Effect[];
}

/** `keep`: only the last so many effects are held; absent: all. */
export function createLedger(vendor: string, store: Store, clock: Clock, keep = Number.POSITIVE_INFINITY): Ledger {
  const effects = store.collection<Effect>('ledger');
  const sequence = store.collection<number>('sequence');
  return {
    record(effect) {
      const number = (sequence.get('ledger') ?? 0) + 1;
      sequence.put('ledger', number);
      effects.put(String(number), { vendor, at: new Date(clock.nowMs()).toISOString(), ...effect });
      if (effects.size() > keep) effects.delete(String(number - keep));
    },
    list: () => effects.values(),
  };
}
