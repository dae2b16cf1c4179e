import { STATUS_CODES } from 'node:http';
import { HttpError, type Middleware } from 'koa';
import { AppError, NotFoundError, UnavailableError } from '../../domain/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import { presentProblem } from '../presenters/problem.ts';
import { asUnavailable } from '../support/unavailable.ts';
import type { AppState, Context } from '../support/route.ts';

const httpCodes: Readonly<Record<number, string>> = {
  400: 'bad-request',
  404: 'not-found',
  405: 'method-not-allowed',
  501: 'not-implemented',
};

const somewhere = 'A part of the platform';

function asAppError(error: unknown): AppError {
  // Of our own failures the client learns no more than whether to come back: which part refused what is for the log.
  if (error instanceof UnavailableError || (error instanceof AppError && error.status < 500)) return error;
  if (error instanceof AppError && error.status === 503) return new UnavailableError(somewhere, 5, error);
  if (error instanceof HttpError && error.expose) {
    return new AppError(httpCodes[error.status] ?? `http-${error.status}`, error.status, STATUS_CODES[error.status] ?? 'Refused.');
  }
  return asUnavailable(error) ?? new AppError('internal', 500, 'Something went wrong on our side.', undefined, error);
}

/** The only place that turns an error into a response (RFC 9457). Unknown errors are logged, never described to the client. */
export const problemDetails =
  (log: Logger): Middleware<AppState> =>
  async (ctx, next) => {
    try {
      await next();
      if (ctx.body === undefined) refuseUnserved(ctx.status);
    } catch (error) {
      const problem = asAppError(error);
      if (problem.status >= 500) {
        const { requestId, route = 'unmatched', caller } = ctx.state;
        log.error({ requestId, route, code: problem.code, tenantId: caller?.tenantId, err: problem.cause ?? error }, 'request failed');
      }
      answer(ctx, problem);
    }
  };

function refuseUnserved(status: number): void {
  if (status === 404) throw new NotFoundError();
  if (status === 405 || status === 501) throw new AppError('method-not-allowed', 405, 'The resource does not take this method.');
}

function answer(ctx: Context, problem: AppError): void {
  const { status, details } = problem;
  const retryAfter = details?.['retryAfterSeconds'];
  if (typeof retryAfter === 'number') ctx.set('Retry-After', String(retryAfter));
  if (status === 401) ctx.set('WWW-Authenticate', 'Bearer');
  ctx.status = status;
  ctx.body = presentProblem(problem, ctx.state.requestId);
  ctx.type = 'application/problem+json';
}
