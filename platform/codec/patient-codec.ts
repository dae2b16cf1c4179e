import { setTimeout as sleep } from 'node:timers/promises';
import type { PayloadCodec } from '@temporalio/common';
import { TenantKeyMissingError, UndecipherableError } from '../../domain/errors.ts';

/** Nothing changes these by waiting; anything else is a keyring or a vault that is away. */
const isFinal = (error: unknown): boolean => error instanceof TenantKeyMissingError || error instanceof UndecipherableError;

async function patiently<T>(work: () => Promise<T>, pauseMs: number): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (isFinal(error)) throw error;
      await sleep(pauseMs);
    }
  }
}

/**
 * The codec of a worker. What cannot be sealed ends the SDK's whole worker, so it waits for keys that are away, and a run whose tenant was
 * destroyed meanwhile tells its end under the platform's key. Temporal bounds the wait: it hands the work to another attempt.
 */
export const createPatientCodec = (codec: PayloadCodec, { pauseMs = 1_000 }: { readonly pauseMs?: number } = {}): PayloadCodec => ({
  async encode(payloads, context) {
    try {
      return await patiently(() => codec.encode(payloads, context), pauseMs);
    } catch (error) {
      if (!(error instanceof TenantKeyMissingError)) throw error;
      return await patiently(() => codec.encode(payloads), pauseMs);
    }
  },
  decode: (payloads, context) => patiently(() => codec.decode(payloads, context), pauseMs),
});
