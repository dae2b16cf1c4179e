import { UnavailableError } from '../../domain/errors.ts';

/**
 * What the drivers say when the other side is away, or cannot do what it should: sockets, PostgreSQL (shutting down, starting, too many
 * clients; its disk full or failing, no memory, a standby, slower than we wait), gRPC, the file store.
 */
const awayCodes = new Set<unknown>([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  '57014',
  '57P01',
  '57P02',
  '57P03',
  '25006',
  '53000',
  '53100',
  '53200',
  '53300',
  '58000',
  '58030',
  '08000',
  '08003',
  '08006',
  '08001',
  '08004',
  14,
  4,
]);
const awayNames = new Set(['KnexTimeoutError', 'MaxRetriesPerRequestError', 'AbortError', 'TimeoutError']);
// Knex puts the statement in front. The words of a server that did answer come with a code. The file store's client has no code for an
// answer of the kind 5xx, only these words, when it has tried again.
const awayMessages =
  /(?:^| - )(?:Connection terminated.*|timeout expired|Query read timeout|Client (?:was closed|has encountered a connection error) and is not queryable|Connection is closed.*|fetch failed|Request failed after \d+ retries.*)$/;

/** An error of a driver that only says "not reachable now, or not able", as the refusal the client gets; undefined for any other error. */
export function asUnavailable(error: unknown, depth = 0): UnavailableError | undefined {
  if (!(error instanceof Error) || depth > 4) return undefined;
  const code: unknown = 'code' in error ? error.code : undefined;
  if (awayCodes.has(code) || awayNames.has(error.name) || (code === undefined && awayMessages.test(error.message)))
    return new UnavailableError('A part of the platform', 5, error);
  return asUnavailable(error.cause, depth + 1);
}
