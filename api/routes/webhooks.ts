import type { Knex } from 'knex';
import { z } from 'zod';
import { AppError, UnavailableError } from '../../domain/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import type { StripeWebhook } from '../../platform/stripe-webhook.ts';
import { createEventStore, type NewEvent } from '../../platform/webhook-events.ts';
import { readRaw } from '../middleware/body.ts';
import type { HttpMetrics } from '../support/metrics.ts';
import { reply, route, type Route } from '../support/route.ts';
import { asUnavailable } from '../support/unavailable.ts';

export interface WebhookDeps {
  readonly main: Knex;
  readonly stripeWebhook: StripeWebhook;
  /** Has what was stored looked at soon. Neither waits nor fails. */
  readonly nudgeMirror: () => void;
  readonly log: Logger;
  readonly metrics: Pick<HttpMetrics, 'heard'>;
  readonly bodyWithinMs?: number;
}

const isAway = (error: unknown): boolean => error instanceof UnavailableError || asUnavailable(error) !== undefined;

/**
 * Vendors' callbacks. Anybody may call, and no limit by address counts here, for a vendor's events come in bursts from a few addresses.
 * What protects it is the signature: it is checked in memory, over a body of bounded size and time, before anything else is done. Who
 * cannot sign reaches neither the database nor Temporal, so he cannot fill them: his request leaves a line in the log, without anything of
 * what he sent, and counts in `webhooks_total`. What is signed and yet none of our business (another account, the other mode, a type
 * that nobody asked for) is stored as refused with the reason, and answered 200: Stripe would only send it again.
 */
export function webhookRoutes({ main, stripeWebhook, nudgeMirror, log, metrics, bodyWithinMs }: WebhookDeps): Route[] {
  const store = createEventStore(main, isAway);
  const readOrRefuse = (body: Buffer, signature: string, requestId: string): NewEvent => {
    try {
      return stripeWebhook.read(body, signature);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      metrics.heard('stripe', error.code);
      log.info({ requestId, vendor: 'stripe', code: error.code }, 'webhook refused');
      throw error;
    }
  };
  return [
    route({
      method: 'post',
      path: '/webhooks/stripe',
      access: 'public',
      unlimited: true,
      summary: 'Takes an event of Stripe, signed by it, and stores what it is about; the same event again changes nothing',
      raw: ['application/json'],
      headers: z.object({ 'stripe-signature': z.string().max(4_096).default('').describe('Of the raw body, at most 5 minutes old') }),
      responses: { 200: z.object({ status: z.enum(['stored', 'known', 'refused']), reason: z.string().nullable() }) },
      problems: [400, 408, 413],
      handler: async ({ ctx, headers, requestId }) => {
        const event = readOrRefuse(await readRaw(ctx, bodyWithinMs), headers['stripe-signature'], requestId);
        const { status, reason } = event;
        const isNew = await store(event);
        const outcome = isNew ? status : 'known';
        metrics.heard('stripe', outcome);
        if (outcome === 'refused') log.info({ requestId, vendor: 'stripe', eventId: event.id, reason }, 'webhook refused');
        if (outcome === 'stored') nudgeMirror();
        return reply(200, { status: outcome, reason });
      },
    }),
  ];
}
