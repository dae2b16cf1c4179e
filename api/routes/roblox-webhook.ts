import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { AppError, UnavailableError } from '../../domain/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import { type RequestDeps, storeNotice, storeRefused } from '../../platform/privacy/roblox-requests.ts';
import type { RobloxNotification, RobloxWebhook } from '../../platform/roblox-webhook.ts';
import { readRaw } from '../middleware/body.ts';
import type { HttpMetrics } from '../support/metrics.ts';
import { reply, route, type Route } from '../support/route.ts';

export interface RobloxWebhookDeps extends RequestDeps {
  readonly robloxWebhook: RobloxWebhook;
  /** Has what was stored looked at soon. Neither waits nor fails. */
  readonly nudgeErasures: () => void;
  readonly log: Logger;
  readonly metrics: Pick<HttpMetrics, 'heard'>;
  readonly bodyWithinMs?: number;
}

/** Roblox waits 5 s. What is stored after we gave up is known when it comes again. */
const answerWithinMs = 4_000;

async function inTime<T>(work: Promise<T>): Promise<T> {
  const giveUp = new AbortController();
  const late = sleep(answerWithinMs, undefined, { signal: giveUp.signal, ref: false }).then(() => {
    throw new UnavailableError('The database', 2);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    giveUp.abort();
    late.catch(() => undefined);
  }
}

/**
 * Roblox says that a player wants to be forgotten. As Stripe's: the signature is checked in memory before anything else is done, and who
 * cannot sign reaches nothing. The player's number is sealed before it is stored; no log and no answer says it.
 */
export function robloxWebhookRoutes({ robloxWebhook, nudgeErasures, log, metrics, bodyWithinMs, ...deps }: RobloxWebhookDeps): Route[] {
  const readOrRefuse = (body: Buffer, signature: string, requestId: string): RobloxNotification => {
    try {
      return robloxWebhook.read(body, signature);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      metrics.heard('roblox', error.code);
      log.info({ requestId, vendor: 'roblox', code: error.code }, 'webhook refused');
      throw error;
    }
  };
  return [
    route({
      method: 'post',
      path: '/webhooks/roblox',
      access: 'public',
      unlimited: true,
      summary: 'Takes a notification of Roblox, signed by it, that a player wants to be forgotten; the same one again changes nothing',
      raw: ['application/json'],
      headers: z.object({ 'roblox-signature': z.string().max(4_096).default('').describe('Of the raw body, at most 10 minutes old') }),
      responses: { 200: z.object({ status: z.enum(['stored', 'known', 'refused']), reason: z.string().nullable() }) },
      problems: [400, 408, 413],
      handler: async ({ ctx, headers, requestId }) => {
        const notice = readOrRefuse(await readRaw(ctx, bodyWithinMs), headers['roblox-signature'], requestId);
        const reason = 'reason' in notice ? notice.reason : null;
        const isNew = await inTime('reason' in notice ? storeRefused(deps.main, notice) : storeNotice(deps, notice));
        const outcome = !isNew ? 'known' : reason === null ? 'stored' : 'refused';
        metrics.heard('roblox', outcome);
        if (outcome === 'refused') log.info({ requestId, vendor: 'roblox', reason }, 'webhook refused');
        if (outcome === 'stored') nudgeErasures();
        return reply(200, { status: outcome, reason });
      },
    }),
  ];
}
