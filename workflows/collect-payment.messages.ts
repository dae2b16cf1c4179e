import type { z } from 'zod';
import type { DunningAction, DunningOutcome, DunningRule } from '../domain/dunning/decision.ts';
import type { InvoiceHistory } from '../domain/dunning/history.ts';
import type { DunningPolicy } from '../domain/dunning/policy.ts';
import type { ProcessInput } from '../domain/run.ts';
import type collectPayment from '../processes/collect-payment.ts';

type Input = z.infer<(typeof collectPayment)['input']>;
export type PauseInput = z.infer<(typeof collectPayment)['messages']['pause']['input']>;

/** `carried`: what a run that goes on in a history of its own has known so far. */
export type CollectPaymentInput = ProcessInput<Input & { readonly carried?: Collecting }>;

/** A decision as people read it, without personal data. Times RFC 3339. */
export interface MadeDecision {
  readonly at: string;
  readonly action: DunningAction['kind'];
  readonly rule: DunningRule;
  readonly reason: string;
}
/** All that a run knows. `unchecked`: mails that may have bounced since. */
export interface Collecting {
  readonly policy: DunningPolicy;
  readonly history: InvoiceHistory;
  readonly decisions: readonly MadeDecision[];
  readonly unchecked: readonly SentLetter[];
}
export interface SentLetter {
  readonly step: string;
  readonly contact: string;
  readonly at: number;
}

/** What the query `collection` answers: the newest decisions, oldest first, and what comes if nothing changes. */
export interface CollectionView {
  readonly decisions: readonly MadeDecision[];
  readonly outlook: readonly MadeDecision[];
}
/** The answer to a message: what the run does next, and why. */
export type Told = Pick<MadeDecision, 'action' | 'rule' | 'reason'>;

export interface CollectPaymentResult {
  /** gone: there is no such invoice any more. */
  readonly outcome: DunningOutcome | 'gone';
  /** For the invoice, the first failure and what others tried included. */
  readonly attempts: number;
  readonly mails: number;
  /** The newest, without those to wait. */
  readonly decisions: readonly MadeDecision[];
}
