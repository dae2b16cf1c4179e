import type { RunError } from './run.ts';

/** What Temporal's failure classes have in common, in workflows and in clients. */
interface Failure {
  readonly name: string;
  readonly message: string;
  readonly type?: string | null;
  readonly details?: readonly unknown[] | null;
  readonly cause?: unknown;
}

const isFailure = (error: unknown): error is Failure => error instanceof Error;
const isCode = (type: string | null | undefined): type is string =>
  typeof type === 'string' && /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(type);
const internal: RunError = { code: 'internal', message: 'Something went wrong on our side.' };

/**
 * What a run's failure may tell its reader. Walks the chain from the outside in and takes the first failure whose type is one
 * of our codes (domain/errors.ts); the words of anything else stay inside.
 */
export function runErrorOf(error: unknown): RunError {
  for (let failure = error, depth = 0; isFailure(failure) && depth < 10; failure = failure.cause, depth += 1) {
    if (failure.name === 'CancelledFailure') return { code: 'cancelled', message: 'The run was cancelled.' };
    if (failure.name === 'TerminatedFailure') return { code: 'terminated', message: 'The run was terminated by an operator.' };
    if (failure.name === 'TimeoutFailure' && !failure.cause) return { code: 'timed-out', message: 'A step took longer than it may.' };
    if (isCode(failure.type) && failure.type !== internal.code) return withDetails(failure.type, failure.message, failure.details?.[0]);
  }
  return internal;
}

const withDetails = (code: string, message: string, details: unknown): RunError =>
  typeof details === 'object' && details !== null
    ? { code, message, details: details as Readonly<Record<string, unknown>> }
    : { code, message };
