import type { Reply } from '../support/http.ts';
import type { Kernel } from '../support/kernel.ts';
import type { Ledger } from '../support/ledger.ts';
import type { CurrentRequest, StripeContext } from './context.ts';
import type { Endpoint } from './endpoint.ts';
import { createExpand, createLookup } from './expand.ts';
import { StripeFailure } from './failure.ts';
import type { RawObject } from './form.ts';
import { createIdempotency } from './idempotency.ts';
import type { OpenContext } from './open-context.ts';
import { ownerClock } from './owner-clock.ts';
import { lockedByClock } from './test-clocks.ts';

export interface Execution extends CurrentRequest {
  readonly endpoint: Endpoint;
  readonly ids: Readonly<Record<string, string>>;
  readonly path: string;
  readonly raw: RawObject;
}

export interface ExecuteDeps {
  readonly kernel: Kernel;
  readonly context: StripeContext;
  /** Makes the request known to the events it causes. */
  readonly during: OpenContext['during'];
  readonly at: OpenContext['at'];
}

/** A preview changes nothing, and a test clock is no part of the world. */
const isNoEffect = (path: string) => path.endsWith('/create_preview') || path.startsWith('/v1/test_helpers/');

export const replyOf = ({ status, body, headers }: StripeFailure): Reply => ({
  status,
  body: { error: body },
  ...(headers ? { headers } : {}),
});

/** Runs an operation once for each idempotency key, whole or not at all, and enters what it did into the ledger. */
export function createExecute({ kernel, context, during, at }: ExecuteDeps) {
  const idempotency = createIdempotency(context.tables.idempotency, kernel.clock.nowMs);
  const expand = createExpand(context);
  const lookup = createLookup(context);

  /** Throws what undoes the transaction; a refusal whose traces stand is a reply. */
  function attempt(execution: Execution, run: () => object): Reply {
    try {
      const result = during(execution, run);
      record(kernel.ledger, execution, result);
      return { status: 200, body: expand(result, execution.raw['expand']) };
    } catch (error) {
      if (!(error instanceof StripeFailure) || !error.keepsState) throw error;
      record(kernel.ledger, execution, {});
      return replyOf(error);
    }
  }

  /** What lives on a test clock finds that clock's time, and is locked while the clock moves. */
  function onItsTime({ endpoint: { method, path }, ids, raw }: Execution, run: () => object): () => object {
    const id = ownerClock(context, lookup, ids, raw);
    const clock = context.tables.testClocks.get(id);
    if (!clock) return run;
    if (clock.status === 'advancing' && method !== 'GET' && !path.startsWith('/v1/test_helpers')) throw lockedByClock(id);
    return () => at(clock.frozen_time, run);
  }

  function outcome(execution: Execution, request: string, run: () => object): Reply {
    const key = execution.idempotencyKey;
    const remember = (reply: Reply) => {
      if (key !== null) idempotency.remember(key, request, reply, execution.id);
      return reply;
    };
    try {
      return kernel.store.transaction(() => remember(attempt(execution, run)));
    } catch (error) {
      if (!(error instanceof StripeFailure)) throw error;
      return kernel.store.transaction(() => remember(replyOf(error)));
    }
  }

  return async (execution: Execution, begin: () => Promise<Reply | undefined>): Promise<Reply> => {
    const { endpoint, path, raw, ids, idempotencyKey: key, id } = execution;
    const request = JSON.stringify([endpoint.method, path, raw]);
    const replay = key === null ? undefined : idempotency.begin(key, request);
    if (replay) return replay;
    try {
      const { expand: _, ...params } = raw;
      const run = onItsTime(execution, endpoint.prepare(params, ids));
      const injected = await begin();
      if (!injected) return outcome(execution, request, run);
      if (key !== null) kernel.store.transaction(() => idempotency.remember(key, request, injected, id));
      return injected;
    } finally {
      if (key !== null) idempotency.end(key);
    }
  };
}

/** Enters what a request did into the ledger. */
function record(ledger: Ledger, { endpoint: { method, path }, ids, raw, idempotencyKey }: Execution, result: object): void {
  if (method === 'GET' || isNoEffect(path)) return;
  const { expand: _, ...body } = raw;
  // The SDK makes a key up when the caller gives none: it names no business of ours.
  const businessKey = idempotencyKey?.startsWith('stripe-node-retry-') ? null : idempotencyKey;
  ledger.record({
    operation: `${method} ${path}`,
    businessKey,
    body,
    id: 'id' in result ? String(result.id) : (Object.values(ids)[0] ?? ''),
  });
}
