import type { Law } from './deadline.ts';

export const requesters = ['subject', 'guardian', 'school', 'roblox'] as const;
/** Who asked. */
export type Requester = (typeof requesters)[number];

/** How it was made sure that whoever asked may ask. Evidence itself is kept where it was given; here is its id. */
export const verifications = ['signed-in', 'in-person', 'document', 'guardian-consent', 'vendor-signature'] as const;
export type VerifiedHow = (typeof verifications)[number];

/** Where a request stands. `erased`: nothing is left in what the platform controls. `final`: backups and vendors' tombstones are over, too. */
export const requestStatuses = ['open', 'verified', 'held', 'erasing', 'erased', 'final', 'completed', 'withdrawn', 'failed'] as const;
export type RequestStatus = (typeof requestStatuses)[number];

/** How an erasure ended, in one word: the last two are no failures. */
export type ErasureOutcome = 'erased' | 'erased-before' | 'unknown';

export interface PrivacyPolicy {
  /** Somebody else than who entered the request must agree. */
  readonly needsApproval: boolean;
  /** It is asked once more, after the cooling-off; else the end of the cooling-off is the point of no return. */
  readonly needsConfirmation: boolean;
  readonly coolingOffDays: number;
  readonly law: Law;
}
export const defaultPrivacyPolicy: PrivacyPolicy = { needsApproval: false, needsConfirmation: true, coolingOffDays: 7, law: 'gdpr' };
