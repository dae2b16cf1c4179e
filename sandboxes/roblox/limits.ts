import { jsonBody, route } from '../support/http.ts';
import type { Reply, Route } from '../support/http.ts';
import type { Clock } from '../support/clock.ts';
import type { Budget } from './context.ts';

/** A minute of a universe in which nobody plays: players add to it. */
const documented: Readonly<Record<Budget, number>> = { read: 300, write: 300, list: 300, remove: 300 };
const minute = 60_000;

interface Window {
  readonly minute: number;
  readonly used: Record<Budget, number>;
}

/** Requests of each kind a minute and universe. Held in memory: a restarted sandbox begins a new minute. */
export function createLimits(clock: Clock) {
  let limits = { ...documented };
  const windows = new Map<string, Window>();
  return {
    /** The answer to a request that is one too many. */
    take(universe: string, budget: Budget): Reply | undefined {
      const now = Math.floor(clock.nowMs() / minute);
      const known = windows.get(universe);
      const window = known?.minute === now ? known : { minute: now, used: { read: 0, write: 0, list: 0, remove: 0 } };
      windows.set(universe, window);
      window.used[budget] += 1;
      return window.used[budget] > limits[budget] ? tooMany(Math.ceil(((now + 1) * minute - clock.nowMs()) / 1000)) : undefined;
    },
    reset() {
      limits = { ...documented };
      windows.clear();
    },
    control: [
      route('PUT /_sandbox/limits', (request) => {
        limits = { ...documented, ...(jsonBody(request) as Partial<Record<Budget, number>>) };
        windows.clear();
        return { status: 200, body: limits };
      }),
    ] satisfies Route[],
  };
}

export const tooMany = (seconds: number): Reply => ({
  status: 429,
  headers: { 'retry-after': String(seconds), 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(seconds) },
  body: { code: 'RESOURCE_EXHAUSTED', message: 'Data store throttling limit exceeded.' },
});
