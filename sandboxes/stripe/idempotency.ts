import type { Reply } from '../support/http.ts';
import type { Collection } from '../support/store.ts';
import type { StoredAnswer } from './context.ts';
import { StripeFailure, invalid } from './failure.ts';

const keptMs = 24 * 60 * 60 * 1000;

export interface Idempotency {
  /** The answer given before to the same request; undefined when it is new. Throws when the key belongs to another request or to one still running. */
  begin(key: string, request: string): Reply | undefined;
  /** Within the transaction of the execution, or after its rollback. */
  remember(key: string, request: string, answer: Reply, requestId: string): void;
  end(key: string): void;
}

/** Keys are forgotten as soon as Stripe may forget them, 24 h by the sandbox's clock: the worst a caller can meet. */
export function createIdempotency(answers: Collection<StoredAnswer>, nowMs: () => number): Idempotency {
  const running = new Set<string>();
  return {
    begin(key, request) {
      if (key.length > 255) throw invalid('Idempotency keys may be at most 255 characters long.');
      if (running.has(key)) {
        const message = 'There is currently another in-progress request using this Idempotent Key. Please try again later.';
        throw new StripeFailure(409, { type: 'idempotency_error', code: 'idempotency_key_in_use', message });
      }
      const known = answers.get(key);
      if (known && nowMs() - known.atMs < keptMs) {
        if (known.request !== request) throw usedWithOther(key);
        return { status: known.status, body: known.body, headers: { 'idempotent-replayed': 'true', 'original-request': known.requestId } };
      }
      running.add(key);
      return undefined;
    },
    remember: (key, request, { status, body }, requestId) => answers.put(key, { request, status, body, requestId, atMs: nowMs() }),
    end: (key) => running.delete(key),
  };
}

function usedWithOther(key: string): StripeFailure {
  const message = `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`;
  return new StripeFailure(400, { type: 'idempotency_error', message });
}
