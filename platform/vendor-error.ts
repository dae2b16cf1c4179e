import { VendorRefusedError, VendorUnavailableError } from '../domain/errors.ts';

/** What a vendor answered instead of a success: no status when there was no answer at all. `code` is the vendor's, never its prose. */
export interface VendorAnswer {
  readonly status: number | undefined;
  readonly code?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

// 408 and 425 say "again", 409 "not while another one is going on".
const passing: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/**
 * One rule for every vendor: a refusal is final, everything else may pass.
 * The vendor's own error is not carried along: it may hold the request, and with it a person's address or a credential.
 */
export function vendorError(
  vendor: string,
  { status, code, retryAfterSeconds }: VendorAnswer,
): VendorRefusedError | VendorUnavailableError {
  const words = [status, code].filter((part) => part !== undefined && part !== '').join(' ') || 'no answer';
  const mayPass = status === undefined || status >= 500 || status < 400 || passing.has(status);
  return mayPass ? new VendorUnavailableError(vendor, words, retryAfterSeconds) : new VendorRefusedError(vendor, words);
}

/** The seconds a header asks to wait, kept within an hour: a vendor's clock may be wrong, and a person can try again. */
export const waitSeconds = (seconds: number): number | undefined =>
  Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 1), 3600) : undefined;
