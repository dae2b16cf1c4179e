import { ApplicationFailure, ContinueAsNew, DeterminismViolationError, isCancellation, TemporalFailure } from '@temporalio/workflow';

/**
 * Only a Temporal failure ends a run or answers a message: anything else would be tried again until the code is replaced, with
 * the run stuck and nothing undone. Temporal's own control flow passes through untouched.
 */
export function asFailure(error: unknown): unknown {
  if (error instanceof TemporalFailure || isControlFlow(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return ApplicationFailure.create({ type: 'internal', message, nonRetryable: true, ...(error instanceof Error ? { cause: error } : {}) });
}

/** Thrown by the runtime, not by a step: the run is not over, so nothing is undone and nothing recorded. */
export const isControlFlow = (error: unknown): boolean => error instanceof ContinueAsNew || error instanceof DeterminismViolationError;

export const endedBy = (error: unknown): 'cancelled' | 'failed' => (isCancellation(error) ? 'cancelled' : 'failed');
