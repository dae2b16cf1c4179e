import { UnavailableError, UndecipherableError } from '../domain/errors.ts';
import type { VaultAnswer } from './vault-http.ts';

/** OpenBao refuses a request of more than 1,000 JSON strings: 249 items of two fields. The rate is flat from 100 on. */
export const batch = { size: 240, parallel: 4 };

export const base64 = (value: string | Buffer): string => Buffer.from(value).toString('base64');

export interface BatchResult {
  readonly ciphertext?: string;
  readonly plaintext?: string;
  readonly hmac?: string;
  readonly error?: string;
}

export function expectOk({ status }: VaultAnswer, operation: string): void {
  if (status >= 300) throw new UnavailableError('vault', 5, new Error(`${operation} answered ${status}`));
}

export function resultsOf(answer: VaultAnswer, operation: string): readonly BatchResult[] {
  const results = answer.data['batch_results'];
  if (Array.isArray(results)) return results as BatchResult[];
  throw new UnavailableError('vault', 5, new Error(`${operation} answered ${answer.status}`));
}

/** An item of a batch that failed has an error in the value's place. */
export function present(value: string | undefined, operation: string): string {
  if (!value) throw new UndecipherableError(`a wrapped key (${operation})`);
  return value;
}
