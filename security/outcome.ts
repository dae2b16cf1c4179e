/** What one check found. No findings: passed. */
export interface CheckOutcome {
  readonly check: string;
  readonly looked: string;
  readonly findings: readonly string[];
}
