import { decide } from '../../domain/dunning/decide.ts';
import type { Decision, DunningAction } from '../../domain/dunning/decision.ts';
import { type CollectionFacts, eventsOf } from '../../domain/dunning/facts.ts';
import { type Attempt, type DunningEvent, type InvoiceHistory, recordEvent } from '../../domain/dunning/history.ts';
import { day, type Instant } from '../../domain/dunning/instant.ts';
import { doneEvent, outlook } from '../../domain/dunning/outlook.ts';
import type { DunningPolicy } from '../../domain/dunning/policy.ts';
import type { CollectionView, Collecting, CollectPaymentResult, MadeDecision, SentLetter, Told } from '../collect-payment.messages.ts';

/** What is kept of decisions, and shown of those to come: the newest, the next. */
const mostDecisions = 100;
const mostOfResult = 50;
const mostOfOutlook = 40;

/** What a run of collect-payment knows, and what it has decided. Part of its deterministic state: time comes in from outside. */
export class CollectionLedger {
  readonly policy: DunningPolicy;
  #history: InvoiceHistory;
  #decisions: readonly MadeDecision[];
  #unchecked: readonly SentLetter[];
  #changes = 0;

  constructor({ policy, history, decisions, unchecked }: Collecting) {
    this.policy = policy;
    this.#history = history;
    this.#decisions = decisions;
    this.#unchecked = unchecked;
  }

  get history(): InvoiceHistory {
    return this.#history;
  }
  /** Grows with whatever is recorded. */
  get changes(): number {
    return this.#changes;
  }
  /** Mails that may have bounced since. */
  get unchecked(): readonly SentLetter[] {
    return this.#unchecked;
  }

  record(event: DunningEvent): void {
    this.#history = recordEvent(this.#history, event);
    this.#changes += 1;
  }
  /** What was found when somebody was asked. */
  observe(facts: CollectionFacts, now: Instant): void {
    for (const event of eventsOf(this.#history, facts, now)) this.record(event);
  }
  decide(now: Instant): Decision {
    const decision = decide(this.policy, this.#history, undefined, now);
    this.#decisions = withDecision(this.#decisions, made(decision, now));
    return decision;
  }
  /** What it would decide now. */
  next(now: Instant): Told {
    return told(decide(this.policy, this.#history, undefined, now));
  }
  /** An action that has no answer was done. */
  done(action: DunningAction, now: Instant): void {
    const event = doneEvent(action, now);
    if (event) this.record(event);
    if (event?.type === 'mail-sent') this.#unchecked = [...this.#unchecked, { step: event.step, contact: event.contact, at: now }];
  }
  /** The answer to a charge, dated by the run's clock. One that left no trace is an attempt all the same: it would be made again at once. */
  attempted(
    { methodId, attempt }: { readonly methodId: string; readonly attempt: number },
    answer: { readonly attempt: Attempt | null; readonly facts: CollectionFacts },
    now: Instant,
  ): void {
    const { attempts, methods, invoice } = this.#history;
    const before = this.#changes;
    if (answer.attempt && !attempts.some(({ id }) => id === answer.attempt?.id))
      this.record({ type: 'attempted', attempt: { ...answer.attempt, at: now } });
    this.observe(answer.facts, now);
    if (this.#changes > before) return;
    const { card = methodId, brand = 'other' } = methods.find(({ id }) => id === methodId) ?? {};
    const without = { id: `charge:${invoice.id}:${attempt}`, at: now, methodId, card, brand, outcome: 'unavailable' as const };
    this.record({ type: 'attempted', attempt: without });
  }
  /** A mail that has not bounced within a day has arrived. */
  checked(now: Instant): void {
    this.#unchecked = this.#unchecked.filter(({ at }) => at > now - day);
  }

  view(now: Instant): CollectionView {
    const coming = outlook(this.policy, this.#history, now).slice(0, mostOfOutlook);
    return { decisions: this.#decisions, outlook: coming.map((step) => made(step, step.at)) };
  }
  /** For a run that goes on in a history of its own. */
  carried(): Collecting {
    return { policy: this.policy, history: this.#history, decisions: this.#decisions, unchecked: this.#unchecked };
  }
  result(outcome: CollectPaymentResult['outcome']): CollectPaymentResult {
    return {
      outcome,
      attempts: this.#history.attempts.length,
      mails: this.#history.mails.length,
      decisions: this.#decisions.filter(({ action }) => action !== 'wait').slice(-mostOfResult),
    };
  }
}

const told = ({ action, rule, reason }: Decision): Told => ({ action: action.kind, rule, reason });
const made = (decision: Decision, at: Instant): MadeDecision => ({ at: new Date(at).toISOString(), ...told(decision) });

/** The same again, as after an event that changed nothing, is one decision. */
function withDecision(decisions: readonly MadeDecision[], decision: MadeDecision): readonly MadeDecision[] {
  const last = decisions.at(-1);
  if (last?.rule === decision.rule && last.reason === decision.reason) return decisions;
  return [...decisions, decision].slice(-mostDecisions);
}
