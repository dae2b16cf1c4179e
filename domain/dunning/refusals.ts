import { nextCharge } from './charges.ts';
import { pausesOf } from './deadlines.ts';
import { type DunningEvent, type InvoiceHistory, recordEvent } from './history.ts';
import { day, type Instant } from './instant.ts';
import type { DunningPolicy } from './policy.ts';

export type StaffMessage = Extract<DunningEvent, { type: 'paused' | 'resumed' | 'retry-requested' | 'exempted' | 'forgiven' }>;

/** Why a message of staff is refused, in words for them; undefined when it is taken. */
export function refusalOf(policy: DunningPolicy, history: InvoiceHistory, message: StaffMessage, now: Instant): string | undefined {
  if (history.invoice.status !== 'open') return `The invoice is ${history.invoice.status}: there is nothing left to collect.`;
  const { pausedUntil, total } = pausesOf(policy, history, now);
  switch (message.type) {
    case 'retry-requested': {
      if (pausedUntil !== undefined) return 'The run is paused: resume it first.';
      const charge = nextCharge(policy, recordEvent(history, message), now);
      return charge.at === undefined ? `It cannot be charged now: ${charge.why}.` : undefined;
    }
    case 'paused': {
      if (message.until !== undefined && message.until <= now) return 'A pause ends in the future.';
      const used = total >= policy.maxPauseDays * day;
      return used ? `The policy allows ${policy.maxPauseDays} days of pause in all, and they are used up.` : undefined;
    }
    case 'resumed':
      return pausedUntil === undefined ? 'The run is not paused.' : undefined;
    case 'exempted':
    case 'forgiven':
      return undefined;
    default:
      return message satisfies never;
  }
}
