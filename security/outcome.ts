/** What one check found. No findings: passed. */
export interface CheckOutcome {
  readonly check: string;
  readonly looked: string;
  /** What was planted for it and found: a check that finds nothing there is blind, which is a finding. */
  readonly proof: string;
  readonly findings: readonly string[];
}
