import type { Begun } from '../../../activities/charges.ts';
import { decide } from '../../../domain/dunning/decide.ts';
import type { DunningAction, DunningOutcome } from '../../../domain/dunning/decision.ts';
import { type Attempt, type DunningEvent, type InvoiceHistory, recordEvent } from '../../../domain/dunning/history.ts';
import type { Instant } from '../../../domain/dunning/instant.ts';
import { doneEvent } from '../../../domain/dunning/outlook.ts';
import type { MadeDecision } from '../../../workflows/collect-payment.messages.ts';
import type { DunningCase } from './dunning-cases.ts';

/** What the pure function makes of a case: what a run of it must come to. */
export interface Expected {
  readonly outcome: DunningOutcome;
  readonly attempts: number;
  /** Numbers of the attempts that are charged. */
  readonly charged: readonly number[];
  /** `step:contact`, in the order sent. */
  readonly mails: readonly string[];
  /** Without those to wait. */
  readonly decisions: readonly MadeDecision[];
}
const mostDecisions = 1_000;

/** Walks `decide` from where a run began, with a model of the sandbox's cards, and time that passes only by waiting. */
export function expectedOf({ policy, history: beginning }: Begun, of: DunningCase): Expected {
  let [history, now] = [beginning, beginning.since];
  const decisions: MadeDecision[] = [];
  const charged: number[] = [];
  for (let count = 0; count < mostDecisions; count += 1) {
    const { action, rule, reason } = decide(policy, history, undefined, now);
    if (action.kind === 'wait') {
      now = action.until;
      continue;
    }
    decisions.push({ at: new Date(now).toISOString(), action: action.kind, rule, reason });
    if (action.kind === 'end') {
      const mails = history.mails.map(({ step, contact }) => `${step}:${contact}`);
      return { outcome: action.outcome, attempts: history.attempts.length, charged, mails, decisions };
    }
    if (action.kind === 'charge') charged.push(action.attempt);
    for (const event of eventsOf(history, action, of, now)) history = recordEvent(history, event);
  }
  throw new Error(`The policy did not come to an end within ${mostDecisions} decisions.`);
}

function eventsOf(history: InvoiceHistory, action: DunningAction, of: DunningCase, at: Instant): DunningEvent[] {
  if (action.kind !== 'charge') return [doneEvent(action, at)].filter((event) => event !== undefined);
  const attempt = charge(history, action, of, at);
  return [
    { type: 'attempted', attempt },
    ...(attempt.outcome === 'succeeded' ? [{ type: 'invoice-changed', status: 'paid' } as const] : []),
  ];
}

/** What the sandbox's card answers: as it did before until its refusals are used up, if ever. A backup pays. */
function charge(
  { methods, attempts, invoice }: InvoiceHistory,
  { methodId, attempt }: Extract<DunningAction, { kind: 'charge' }>,
  { cards }: DunningCase,
  at: Instant,
): Attempt {
  const place = methods.findIndex(({ id }) => id === methodId);
  const { card = methodId, brand = 'other' } = methods[place] ?? {};
  const made = { id: `${invoice.id}:${attempt}`, at, methodId, card, brand };
  const before = attempts.filter((tried) => tried.methodId === methodId);
  const last = before.at(-1);
  return last && before.length < refusalsOf(cards[place] ?? '') ? { ...last, ...made } : { ...made, outcome: 'succeeded' };
}

const refusalsOf = (card: string): number =>
  card.startsWith('pm_card_toolbox_') ? Number(/_then_ok_(\d+)$/.exec(card)?.[1] ?? Infinity) : 0;
