import { ApplicationFailure, CompleteAsyncError, type Context } from '@temporalio/activity';
import { defaultPayloadConverter, TemporalFailure } from '@temporalio/common';
import type { ActivityInterceptors } from '@temporalio/worker';
import { noteRunning } from '../activities/support/give-way.ts';
import { AppError } from '../domain/errors.ts';
import type { RunIds, runHeader } from '../workflows/support/interceptors.ts';

const header: typeof runHeader = 'run';
const unavailable = 503;

/** For each activity: its run's ids in every log line, and failures that say nothing of the data they arose from. */
export function activityInterceptors(context: Context): ActivityInterceptors {
  let ids: Partial<RunIds> = {};
  return {
    inbound: {
      async execute(input, next) {
        const payload = input.headers[header];
        if (payload) ids = defaultPayloadConverter.fromPayload<RunIds>(payload);
        try {
          return await noteRunning(context.info.base64TaskToken, () => next(input));
        } catch (error) {
          throw context.cancellationSignal.aborted || isTemporals(error) ? error : discreet(error, context.info.activityType);
        }
      },
    },
    outbound: { getLogAttributes: (attributes, next) => next({ ...attributes, ...ids }) },
  };
}

const isTemporals = (error: unknown): boolean => error instanceof TemporalFailure || error instanceof CompleteAsyncError;

/**
 * A failure is written into the history and shown in the Temporal UI. Our own errors' words are safe there and their status says
 * whether another attempt can help; a stranger's words may quote a row or a request, so only their kind and place go out.
 */
export function discreet(error: unknown, activity: string): ApplicationFailure {
  if (error instanceof AppError) return withStackOf(error, ofOurs(error));
  const { name, code } = error instanceof Error ? (error as Error & { code?: unknown }) : { name: typeof error, code: undefined };
  const known = typeof code === 'string' || typeof code === 'number' ? ` ${code}` : '';
  return withStackOf(
    error,
    ApplicationFailure.create({ type: name, message: `${activity} failed (${name}${known}).`, nonRetryable: false }),
  );
}

function ofOurs(error: AppError): ApplicationFailure {
  const seconds = 'retryAfterSeconds' in error && typeof error.retryAfterSeconds === 'number' ? error.retryAfterSeconds : undefined;
  return ApplicationFailure.create({
    type: error.code,
    message: error.message,
    nonRetryable: error.status !== unavailable,
    details: error.details ? [error.details] : [],
    ...(seconds === undefined ? {} : { nextRetryDelay: `${seconds} seconds` as const }),
  });
}

function withStackOf(error: unknown, failure: ApplicationFailure): ApplicationFailure {
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  failure.stack = [`${failure.name}: ${failure.message}`, ...frames].join('\n');
  return failure;
}
