import type { ChargeTrigger } from './charges.ts';
import type { Instant } from './instant.ts';
import type { DegradeLevel } from './policy.ts';

export type DunningOutcome = 'paid' | 'void' | 'written-off' | 'forgiven' | 'exempt' | 'subscription-ended';
export type WaitFor = 'charge' | 'mail' | 'degrade' | 'write-off' | 'resume' | 'settlement';

interface Letter {
  /** Of the policy; told back by `mail-sent`. */
  readonly step: string;
  readonly template: string;
  readonly contact: string;
}
export type DunningAction =
  /** `attempt` counts the invoice's attempts: with the invoice's id it is the business key of the charge. */
  | { readonly kind: 'charge'; readonly methodId: string; readonly attempt: number; readonly trigger: ChargeTrigger }
  | ({ readonly kind: 'mail' } & Letter)
  /** A mail with the hosted link: only its reader can go on. */
  | ({ readonly kind: 'ask'; readonly for: 'payment-method' | 'authentication' } & Letter)
  | { readonly kind: 'degrade'; readonly to: DegradeLevel }
  | { readonly kind: 'restore' }
  /** Until then, or until the next event, whichever comes first. */
  | { readonly kind: 'wait'; readonly until: Instant; readonly for: WaitFor }
  | { readonly kind: 'write-off'; readonly because: 'policy' | 'forgiven' }
  | { readonly kind: 'end'; readonly outcome: DunningOutcome };

/** The rule that decided. Names are for reports and tests, and are never reused for something else. */
export type DunningRule =
  | 'invoice-settled'
  | 'forgiven'
  | 'exempt'
  | 'subscription-ended'
  | 'paused'
  | 'payment-pending'
  | 'write-off-day'
  | 'person-asked'
  | 'retry-schedule'
  | 'degrade-schedule'
  | 'mail-schedule'
  | 'bounced-mail'
  | 'needs-payment-method'
  | 'needs-authentication'
  | 'nothing-due';

/** What to do now, by which rule, and why in words a customer-support person understands: no personal data in them. */
export interface Decision {
  readonly action: DunningAction;
  readonly rule: DunningRule;
  readonly reason: string;
}
