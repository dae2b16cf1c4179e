import type { Track } from './declines.ts';
import { verdictOf } from './blocks.ts';
import type { Attempt, InvoiceHistory, PaymentMethod } from './history.ts';
import type { Instant } from './instant.ts';

/** Where a payment method stands in its schedules. */
export interface Progress {
  readonly last: Attempt | undefined;
  readonly track: Track;
  /** Outage: attempts in a row that reached nobody. Soft: declines so far. */
  readonly step: number;
  /** From when the hours of the track count. */
  readonly anchor: Instant;
  readonly softDeclines: number;
}

/**
 * Attempts since the method was added or changed, the first one first. An outage has a schedule of its own; one that outlasts it
 * goes on in the days of the soft schedule.
 */
export function progressOf({ attempts }: InvoiceHistory, method: PaymentMethod, outageSteps: number): Progress {
  let last: Attempt | undefined;
  let [outages, outageSince, declines, softSince] = [0, 0, 0, 0];
  let track: Track = 'soft';
  for (const attempt of attempts) {
    if (attempt.methodId !== method.id || attempt.at < method.since) continue;
    last = attempt;
    track = verdictOf(attempt).track;
    if (track === 'outage') {
      if (outages === 0) outageSince = attempt.at;
      outages += 1;
      if (outages <= outageSteps) continue;
      track = 'soft';
    } else outages = 0;
    if (declines === 0) softSince = attempt.at;
    declines += 1;
  }
  return track === 'outage'
    ? { last, track, step: outages, anchor: outageSince, softDeclines: declines }
    : { last, track, step: declines, anchor: softSince, softDeclines: declines };
}

/** Attempts with the method's card that reached a bank, and all there were for the invoice. */
export function countAttempts({ attempts }: InvoiceHistory, { card }: PaymentMethod): { perCard: number; total: number } {
  let perCard = 0;
  for (const attempt of attempts) if (attempt.card === card && attempt.outcome !== 'unavailable') perCard += 1;
  return { perCard, total: attempts.length };
}
