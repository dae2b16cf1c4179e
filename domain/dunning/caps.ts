import type { InvoiceHistory, PaymentMethod } from './history.ts';
import { hour, type Instant } from './instant.ts';
import type { NetworkCap } from './policy.ts';

/** The first instant from `at` on at which one more attempt with the card keeps every cap, and the cap that put it off. */
export function capFreeAt(
  caps: readonly NetworkCap[],
  history: InvoiceHistory,
  { card, brand }: PaymentMethod,
  at: Instant,
): { at: Instant; cap?: NetworkCap } {
  const times: Instant[] = [];
  for (const attempt of history.attempts) if (attempt.card === card) times.push(attempt.at);
  for (const attempt of history.elsewhere) if (attempt.card === card) times.push(attempt.at);
  if (history.elsewhere.length > 0) times.sort((a, b) => a - b);
  let free: { at: Instant; cap?: NetworkCap } = { at };
  for (const cap of caps) {
    // Moving later only ever makes room, so what an earlier cap allowed it still allows.
    if (!isOfBrand(caps, cap, brand)) continue;
    const blocking = times[times.length - cap.attempts];
    if (blocking === undefined) continue;
    const earliest = blocking + cap.withinHours * hour + 1;
    if (earliest > free.at) free = { at: earliest, cap };
  }
  return free;
}

const isOfBrand = (caps: readonly NetworkCap[], cap: NetworkCap, brand: string): boolean =>
  cap.network === brand || (cap.network === 'other' && !caps.some(({ network }) => network === brand));
