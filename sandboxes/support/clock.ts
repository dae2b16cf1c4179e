import type { Store } from './store.ts';

interface ClockState {
  readonly offsetMs: number;
  readonly frozenAtMs?: number;
}

export interface Clock {
  readonly nowMs: () => number;
  /** Unix time in whole seconds, as Stripe and SendGrid write it. */
  readonly now: () => number;
  read(): { now: string; frozen: boolean };
  /** `now` (RFC 3339) sets the time, `advanceSeconds` moves it on; `freeze` true stops it there, false lets it run. */
  move(to: { now?: string; advanceSeconds?: number; freeze?: boolean }): void;
}

/** The sandbox's own time. It starts as the machine's and survives a restart. */
export function createClock(store: Store): Clock {
  const saved = store.collection<ClockState>('clock');
  const nowMs = () => {
    const { offsetMs, frozenAtMs } = saved.get('clock') ?? { offsetMs: 0 };
    return frozenAtMs ?? Date.now() + offsetMs;
  };
  return {
    nowMs,
    now: () => Math.floor(nowMs() / 1000),
    read: () => ({ now: new Date(nowMs()).toISOString(), frozen: saved.get('clock')?.frozenAtMs !== undefined }),
    move({ now, advanceSeconds = 0, freeze }) {
      const atMs = (now === undefined ? nowMs() : Date.parse(now)) + advanceSeconds * 1000;
      const frozen = freeze ?? saved.get('clock')?.frozenAtMs !== undefined;
      const offsetMs = atMs - Date.now();
      store.transaction(() => saved.put('clock', frozen ? { offsetMs, frozenAtMs: atMs } : { offsetMs }));
    },
  };
}
