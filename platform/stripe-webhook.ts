import Stripe from 'stripe';
import { BadSignatureError, MalformedBodyError, StaleSignatureError } from '../domain/errors.ts';
import { eventRead, isMirrored, type EventLike } from './billing/events.ts';
import type { NewEvent } from './webhook-events.ts';

export interface WebhookSettings {
  /** The endpoint's signing secret; while it is rolled, the old one too. */
  readonly secrets: readonly string[];
  /** Whether our key is a live one: events of the other kind are not about our objects. */
  readonly live: boolean;
  /** The age of a signature is told by it. */
  readonly clock?: () => Date;
}
export interface StripeWebhook {
  /**
   * The event in a body that Stripe signed, to be stored: `refused` with a reason when it is none of our business.
   * Throws BadSignatureError, StaleSignatureError (signed by Stripe, but long ago), MalformedBodyError.
   */
  read(body: Buffer, signature: string): NewEvent;
}

const toleranceSeconds = 300;
const staleWords = 'Timestamp outside the tolerance zone';

export const createStripeWebhook = ({ secrets, live, clock = () => new Date() }: WebhookSettings): StripeWebhook => ({
  read(body, signature) {
    const event = demandEvent(verified(body, signature, secrets, clock));
    const reason = reasonAgainst(event, live);
    return { ...eventRead(event), vendor: 'stripe', receivedBy: 'webhook', status: reason === null ? 'stored' : 'refused', reason };
  },
});

function verified(body: Buffer, signature: string, secrets: readonly string[], clock: () => Date): unknown {
  let stale = false;
  for (const secret of secrets) {
    try {
      return Stripe.webhooks.constructEvent(body, signature, secret, toleranceSeconds, undefined, clock().getTime());
    } catch (error) {
      if (error instanceof SyntaxError) throw new MalformedBodyError('The body is not JSON.');
      if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) throw error;
      // The SDK has one error for both; it looks at the age last, so the signature was right.
      stale ||= error.message === staleWords;
    }
  }
  throw stale ? new StaleSignatureError(toleranceSeconds) : new BadSignatureError();
}

/** The parts of an event that are used, as they must be. */
function demandEvent(value: unknown): EventLike & { readonly livemode: unknown; readonly account: unknown } {
  const event = fieldsOf(value);
  const [id, type, created] = [event.get('id'), event.get('type'), event.get('created')];
  const data = fieldsOf(event.get('data'));
  const [object, before] = [data.get('object'), data.get('previous_attributes')];
  if (typeof id !== 'string' || !/^evt_\w{1,250}$/.test(id) || typeof type !== 'string' || !/^[a-z0-9_.]{1,100}$/.test(type))
    throw new MalformedBodyError('The body is no event.');
  return {
    id,
    type,
    created: typeof created === 'number' && created > 0 && created < 1e11 ? created : 0,
    data: { object: isObject(object) ? object : {}, ...(isObject(before) ? { previous_attributes: before } : {}) },
    livemode: event.get('livemode'),
    account: event.get('account'),
  };
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const fieldsOf = (value: unknown): ReadonlyMap<string, unknown> => new Map(isObject(value) ? Object.entries(value) : []);

function reasonAgainst({ type, livemode, account }: ReturnType<typeof demandEvent>, live: boolean): string | null {
  // Stripe names an account only in events of accounts connected to ours, and we have none.
  if (account !== undefined && account !== null) return 'of another account';
  if (livemode !== live) return live ? 'of test mode' : 'of live mode';
  return isMirrored(type) ? null : 'of an unknown type';
}
