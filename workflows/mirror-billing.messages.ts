import type { ProcessInput } from '../domain/run.ts';

export type MirrorBillingInput = ProcessInput<{ readonly list?: boolean }>;
export interface MirrorBillingResult {
  /** Whether Stripe was asked for events that did not come, and how many there were. */
  readonly listed: boolean;
  readonly found: number;
  /** Events that were dealt with, and those of them that were none of our business. */
  readonly events: number;
  readonly refused: number;
  /** Runs of collect-payment that were started, and those that were told. */
  readonly started: number;
  readonly told: number;
  /** Whether some were left for the next run, so that none of them grows without end. */
  readonly more: boolean;
}
