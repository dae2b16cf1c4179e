import { decide } from './decide.ts';
import type { Decision, DunningAction } from './decision.ts';
import { type DunningEvent, type InvoiceHistory, recordEvent } from './history.ts';
import type { Instant } from './instant.ts';
import type { DunningPolicy } from './policy.ts';

/** What to record when an action is done. A charge has an answer of its own; a wait leaves nothing behind, and neither does the end. */
export function doneEvent(action: DunningAction, at: Instant): DunningEvent | undefined {
  switch (action.kind) {
    case 'mail':
    case 'ask':
      return { type: 'mail-sent', step: action.step, contact: action.contact, at };
    case 'degrade':
      return { type: 'degraded', to: action.to, at };
    case 'restore':
      return { type: 'restored' };
    case 'write-off':
      return { type: 'invoice-changed', status: 'uncollectible' };
    case 'charge':
    case 'wait':
    case 'end':
      return undefined;
    default:
      return action satisfies never;
  }
}

export interface OutlookStep extends Decision {
  readonly at: Instant;
}
const mostSteps = 200;

/**
 * What the policy will do if nothing happens: every charge is answered as the last one with that payment method was, nobody pays, nobody
 * writes. For display; the first step is what is due now, waits are left out.
 */
export function outlook(policy: DunningPolicy, history: InvoiceHistory, from: Instant): OutlookStep[] {
  const steps: OutlookStep[] = [];
  let [known, now] = [history, from];
  for (let count = 0; count < mostSteps; count += 1) {
    const next = decide(policy, known, undefined, now);
    if (next.action.kind === 'wait') {
      now = next.action.until;
      continue;
    }
    steps.push({ at: now, ...next });
    if (next.action.kind === 'end') break;
    const event = next.action.kind === 'charge' ? sameAnswer(known, next.action, now) : doneEvent(next.action, now);
    if (event) known = recordEvent(known, event);
  }
  return steps;
}

function sameAnswer(history: InvoiceHistory, { methodId, attempt }: { methodId: string; attempt: number }, at: Instant): DunningEvent {
  const method = history.methods.find(({ id }) => id === methodId);
  const { card = methodId, brand = 'other' } = method ?? {};
  const last = history.attempts.findLast((attempt) => attempt.methodId === methodId && attempt.outcome !== 'pending');
  const answer = last ?? { outcome: 'declined', declineCode: 'generic_decline' };
  return { type: 'attempted', attempt: { ...answer, id: `${history.invoice.id}:attempt:${attempt}`, at, methodId, card, brand } };
}
