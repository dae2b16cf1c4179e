import Stripe from 'stripe';
import { VendorKeySpentError, type AppError } from '../domain/errors.ts';
import { vendorError, waitSeconds } from './vendor-error.ts';

export interface StripeConfig {
  readonly secretKey: string;
  /** `http://127.0.0.1:12111` for a sandbox; Stripe itself when absent. */
  readonly apiBase?: string | undefined;
}

const timeoutMs = 20_000;

/** Stripe's own client. Retries are Temporal's: the client makes none of its own. */
export function createStripe({ secretKey, apiBase }: StripeConfig): Stripe {
  const base = new URL(apiBase ?? 'https://api.stripe.com');
  return new Stripe(secretKey, {
    host: base.hostname,
    port: base.port || (base.protocol === 'http:' ? 80 : 443),
    protocol: base.protocol === 'http:' ? 'http' : 'https',
    maxNetworkRetries: 0,
    timeout: timeoutMs,
    telemetry: false,
  });
}

/** Awaits a call of the client; what it throws is VendorRefusedError (final), VendorUnavailableError or VendorKeySpentError (try again). */
export async function stripeCall<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw error instanceof Stripe.errors.StripeError ? stripeFailure(error) : error;
  }
}

/** The id of what Stripe answers as an id or, expanded, as an object. */
export const idOf = (reference: string | { readonly id: string }): string => (typeof reference === 'string' ? reference : reference.id);

/** A time of Stripe's (unix seconds), as it goes over the wire here. */
export const rfc3339 = (seconds: number | null): string | null => (seconds === null ? null : new Date(seconds * 1000).toISOString());

type Code = 'resource_missing' | 'resource_already_exists';

/** For `.catch`: lets one answer of Stripe's pass, resolving to undefined. */
export const unless =
  (code: Code) =>
  (error: unknown): undefined => {
    if (!(error instanceof Stripe.errors.StripeError && error.code === code)) throw error;
  };

/** By status and code, not by class: Stripe's "key in use" arrives as an API error, a lock timeout as a rate limit. */
function stripeFailure({ statusCode, code, rawType, headers, type }: Stripe.errors.StripeError): AppError {
  // Stripe stores the answer of a request that failed inside it, and repeats it for a day: the same key can never succeed.
  if (statusCode !== undefined && statusCode >= 500 && headers?.['idempotent-replayed'] === 'true')
    return new VendorKeySpentError('Stripe');
  if (statusCode === 400 && code === 'rate_limit') return vendorError('Stripe', { status: 429, code, retryAfterSeconds: 2 });
  const retryAfterSeconds = statusCode === 429 ? (waitSeconds(Number(headers?.['retry-after'] ?? Number.NaN)) ?? 2) : undefined;
  return vendorError('Stripe', { status: statusCode, code: code ?? rawType ?? type, retryAfterSeconds });
}

/** The id of the first item of a list, over all of its pages, that is wanted. */
export async function firstOf<T extends { readonly id: string }>(
  list: AsyncIterable<T>,
  wanted: (item: T) => boolean,
): Promise<string | undefined> {
  for await (const item of list) if (wanted(item)) return item.id;
  return undefined;
}
