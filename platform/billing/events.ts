import type Stripe from 'stripe';
import { billingEventTypes, type EventRead } from '../../domain/billing-events.ts';
import { idOf, stripeCall, unless } from '../stripe.ts';

export type EventsStripe = Pick<Stripe, 'events' | 'charges'>;

export interface EventPage {
  readonly events: readonly EventRead[];
  /** Of the oldest event seen, to go on after; absent when there is no more. */
  readonly after?: string;
}

const aPage = 100;

export const eventsOf = (stripe: EventsStripe) => ({
  /** Whose a charge is: what hangs on a charge, a refund for one, does not say. */
  async customerOfCharge(id: string): Promise<string | undefined> {
    const charge = await stripeCall(stripe.charges.retrieve(id).catch(unless('resource_missing')));
    return charge?.customer ? idOf(charge.customer) : undefined;
  },
  /** A page of the events the mirror goes by, newest first, that happened since a time. Stripe lists those of 30 days. */
  async listEvents(since: Date, after?: string): Promise<EventPage> {
    const created = { gte: Math.floor(since.getTime() / 1000) };
    const { data, has_more: more } = await stripeCall(
      stripe.events.list({ created, limit: aPage, ...(after ? { starting_after: after } : {}) }),
    );
    const last = data.at(-1);
    const events = data.filter(({ type }) => isMirrored(type)).map(eventRead);
    return { events, ...(more && last ? { after: last.id } : {}) };
  },
});

const known: ReadonlySet<string> = new Set(billingEventTypes satisfies readonly Stripe.WebhookEndpointCreateParams.EnabledEvent[]);
export const isMirrored = (type: string): boolean => known.has(type);

/** What is read of an event: everything else it says may be old by the time it comes, and may be personal. */
export interface EventLike {
  readonly id: string;
  readonly type: string;
  readonly created: number;
  readonly data: { readonly object: object; readonly previous_attributes?: object };
}

export function eventRead({ id, type, created, data: { object, previous_attributes: before } }: EventLike): EventRead {
  const isCustomer = type.startsWith('customer.') && !type.startsWith('customer.subscription.');
  // What hangs on an invoice, or on a charge, is asked for as part of it. A card that was taken away was somebody's.
  const objectId = nameIn(object, 'invoice') ?? nameIn(object, 'charge') ?? nameIn(object, 'id');
  const customerId = isCustomer ? nameIn(object, 'id') : (nameIn(object, 'customer') ?? nameIn(before ?? {}, 'customer'));
  return {
    id,
    type,
    objectId: objectId ?? null,
    customerId: customerId ?? null,
    occurredAt: new Date(created * 1000).toISOString(),
  };
}

/** A field that is one of Stripe's ids, or an object with one. */
function nameIn(object: object, field: string): string | undefined {
  const value: unknown = new Map<string, unknown>(Object.entries(object)).get(field);
  const id: unknown = typeof value === 'object' && value !== null && 'id' in value ? value.id : value;
  return typeof id === 'string' && /^[a-z]+(?:_[A-Za-z0-9]+)+$/.test(id) && id.length <= 255 ? id : undefined;
}
