import { setTimeout as sleep } from 'node:timers/promises';

/** Waits as long as it takes for so many requests to come at a rate. */
export type Pace = (requests: number) => Promise<void>;

/** Spreads requests of one process evenly: they would come as fast as they are answered. */
export function createPace(perSecond: number): Pace {
  let freeAt = 0;
  return async (requests) => {
    const now = performance.now();
    const waitMs = freeAt - now;
    freeAt = Math.max(freeAt, now) + (requests / perSecond) * 1_000;
    if (waitMs > 0) await sleep(waitMs);
  };
}
