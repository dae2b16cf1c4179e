import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { BadSignatureError, MalformedBodyError, StaleSignatureError } from '../domain/errors.ts';

export interface RobloxWebhookSettings {
  /** The webhook's secret; while it is changed, the old one too. */
  readonly secrets: readonly string[];
  /** The age of a signature is told by it. */
  readonly clock?: () => Date;
}
interface Told {
  readonly eventId: string;
  readonly type: string;
  readonly occurredAt: Date;
}
/** A player is to be forgotten; or it is something else, and why it is none of our business. */
export type RobloxNotification = Told & ({ readonly userId: string; readonly gameIds: readonly string[] } | { readonly reason: string });
export interface RobloxWebhook {
  /** What a body that Roblox signed says. Throws BadSignatureError, StaleSignatureError (signed by Roblox, but long ago), MalformedBodyError. */
  read(body: Buffer, signature: string): RobloxNotification;
}

/** Roblox calls ten minutes a reasonable time. */
const toleranceSeconds = 600;

export const createRobloxWebhook = ({ secrets, clock = () => new Date() }: RobloxWebhookSettings): RobloxWebhook => ({
  read(body, signature) {
    verify(body, signature, secrets, clock);
    const { data } = Notification.safeParse(parsed(body));
    if (!data) throw new MalformedBodyError('The body is no notification.');
    const { NotificationId: eventId, EventType: type, EventTime: occurredAt, EventPayload: payload } = data;
    const told = { eventId, type, occurredAt };
    if (type === 'SampleNotification') return { ...told, reason: 'a test of the webhook' };
    if (type !== 'RightToErasureRequest') return { ...told, reason: 'of an unknown type' };
    const erasure = ErasurePayload.safeParse(payload);
    if (!erasure.success) throw new MalformedBodyError('The body is no request for erasure.');
    return { ...told, userId: erasure.data.UserId, gameIds: erasure.data.GameIds };
  },
});

/** `t=<unix seconds>,v1=<Base64 of HMAC-SHA256 over "<t>.<raw body>">`. A header without v1 is a webhook's without a secret: anybody's. */
function verify(body: Buffer, header: string, secrets: readonly string[], clock: () => Date): void {
  const [, at = '', signature = ''] = /^t=(\d{1,12}),v1=([A-Za-z0-9+/]{43}=)$/.exec(header) ?? [];
  if (!at) throw new BadSignatureError();
  const given = Buffer.from(signature, 'base64');
  const right = secrets.some((secret) => timingSafeEqual(given, createHmac('sha256', secret).update(`${at}.`).update(body).digest()));
  if (!right) throw new BadSignatureError();
  if (Math.abs(clock().getTime() / 1000 - Number(at)) > toleranceSeconds) throw new StaleSignatureError(toleranceSeconds);
}

/** Ids are numbers in the documents and may come as text, as they do elsewhere. */
export const RobloxId = z.union([z.string().regex(/^[1-9]\d{0,18}$/), z.int().positive()]).transform(String);

const Notification = z.object({
  NotificationId: z.string().regex(/^[\w.:-]{1,200}$/),
  EventType: z.string().regex(/^\w{1,100}$/),
  EventTime: z.iso.datetime().transform((time) => new Date(time)),
  EventPayload: z.unknown(),
});
const ErasurePayload = z.object({ UserId: RobloxId, GameIds: z.array(RobloxId).max(1_000).default([]) });

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new MalformedBodyError('The body is not JSON.');
    throw error;
  }
}
