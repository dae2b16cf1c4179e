import type { ProcessInput } from '../domain/run.ts';

export type RotateTenantKeyInput = ProcessInput<{ readonly tenantId: string }>;
/** The evidence: which version of the key wraps everything now, and that no older one opens a thing. */
export interface RotateTenantKeyResult {
  readonly from: number;
  readonly to: number;
  readonly rewrapped: number;
  /** Keys wrapped by an older version when it was looked last. */
  readonly left: 0;
  /** The oldest version that the vault still opens by. */
  readonly oldest: number;
}
