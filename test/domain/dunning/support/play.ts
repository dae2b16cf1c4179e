import { decide } from '../../../../domain/dunning/decide.ts';
import type { Decision } from '../../../../domain/dunning/decision.ts';
import { type Attempt, type DunningEvent, type InvoiceHistory, recordEvent } from '../../../../domain/dunning/history.ts';
import type { Instant } from '../../../../domain/dunning/instant.ts';
import { doneEvent } from '../../../../domain/dunning/outlook.ts';
import type { DunningPolicy } from '../../../../domain/dunning/policy.ts';

export interface World {
  readonly history: InvoiceHistory;
  /** What charges are answered, in turn, and again from the first. */
  readonly answers: readonly Partial<Attempt>[];
  /** What people and the vendor do, by time. */
  readonly events: readonly { readonly at: Instant; readonly event: DunningEvent }[];
  /** How much too late whoever waits wakes up, in turn. */
  readonly lateness?: readonly number[];
}
export interface Played extends Decision {
  readonly now: Instant;
  /** What was known when it was decided. */
  readonly history: InvoiceHistory;
}

/** Lets a policy run to its end as a workflow would, in no time. Throws when it does not end. */
export function play(policy: DunningPolicy, { history, answers, events, lateness = [0] }: World): Played[] {
  const played: Played[] = [];
  const coming = events.toSorted((a, b) => a.at - b.at);
  let [known, now, charges, waits] = [history, history.since, 0, 0];
  while (played.length < 1_000) {
    for (let next = coming[0]; next && next.at <= now; next = coming[0]) {
      known = recordEvent(known, next.event);
      coming.shift();
    }
    const decided = decide(policy, known, undefined, now);
    played.push({ ...decided, now, history: known });
    const { action } = decided;
    if (action.kind === 'end') return played;
    if (action.kind === 'wait') {
      const late = lateness[waits++ % lateness.length] ?? 0;
      now = Math.min(action.until + late, Math.max(coming[0]?.at ?? Infinity, now));
    } else if (action.kind === 'charge') known = answer(known, action, now, answers[charges++ % answers.length] ?? {});
    else known = recordEvent(known, doneEvent(action, now) ?? { type: 'restored' });
  }
  throw new Error('It does not end.');
}

function answer(
  known: InvoiceHistory,
  { methodId, attempt }: { methodId: string; attempt: number },
  at: Instant,
  facts: Partial<Attempt>,
): InvoiceHistory {
  const method = known.methods.find(({ id }) => id === methodId);
  const made = {
    id: `a${attempt}`,
    at,
    methodId,
    card: method?.card ?? '',
    brand: method?.brand ?? '',
    outcome: 'declined',
    ...facts,
  } as const;
  const tried = recordEvent(known, { type: 'attempted', attempt: made });
  return made.outcome === 'succeeded' ? recordEvent(tried, { type: 'invoice-changed', status: 'paid' }) : tried;
}
