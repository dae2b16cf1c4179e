import { UnavailableError } from '../../domain/errors.ts';

/** What the drivers say when the other side is away: sockets, PostgreSQL (shutting down, starting, too many clients), gRPC, the file store. */
const awayCodes = new Set<unknown>([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '08000',
  '08003',
  '08006',
  '08001',
  '08004',
  14,
  4,
]);
const awayNames = new Set(['KnexTimeoutError', 'MaxRetriesPerRequestError', 'AbortError', 'TimeoutError']);
/** The file store's client has no code for an answer of the kind 5xx, only these words, when it has tried again. */
const awayMessages = /^(Connection terminated|timeout expired|Connection is closed|fetch failed|Request failed after \d+ retries)/;

/** An error of a driver that only says "not reachable now, or not able", as the refusal the client gets; undefined for any other error. */
export function asUnavailable(error: unknown, depth = 0): UnavailableError | undefined {
  if (!(error instanceof Error) || depth > 4) return undefined;
  const code: unknown = 'code' in error ? error.code : undefined;
  if (awayCodes.has(code) || awayNames.has(error.name) || awayMessages.test(error.message))
    return new UnavailableError('A part of the platform', 5, error);
  return asUnavailable(error.cause, depth + 1);
}
