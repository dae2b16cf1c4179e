import type { Instant } from '../instant.ts';

/** A payment that failed in the past, or is invented: all that the simulation needs to know. */
export interface FailedInvoice {
  readonly id: string;
  readonly failedAt: Instant;
  readonly amountMinor: number;
  /** Lower case. */
  readonly currency: string;
  readonly declineCode: string;
  readonly adviceCode?: string;
  readonly brand: string;
  /** IANA. */
  readonly timeZone: string;
  /** Of a second payment method, when there is one. */
  readonly backupBrand?: string;
  /**
   * What really happened. retry: the card was charged then, so it works from then on, not before. customer: the customer paid or gave
   * another card then. never: nobody ever paid. Absent: not known, the model says.
   */
  readonly truth?: { readonly paid: 'retry' | 'customer'; readonly at: Instant } | { readonly paid: 'never' };
}
