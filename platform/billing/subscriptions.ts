import type Stripe from 'stripe';
import { planOfLookupKey } from '../../domain/plans.ts';
import { idOf, rfc3339, stripeCall, unless } from '../stripe.ts';

export type SubscriptionsStripe = Pick<Stripe, 'subscriptions'>;

/** A subscription of Stripe's, in the platform's terms. Times RFC 3339. */
export interface SubscriptionRead {
  /** When Stripe was asked. */
  readonly readAt: string;
  readonly id: string;
  readonly customerId: string;
  readonly status: string;
  /** Null for a price that is no plan of ours. */
  readonly plan: string | null;
  readonly quantity: number;
  readonly periodStart: string | null;
  readonly periodEnd: string | null;
  readonly trialEndsAt: string | null;
  readonly cancelAt: string | null;
  readonly endedAt: string | null;
  readonly latestInvoiceId: string | null;
}

export function subscriptionsOf(stripe: SubscriptionsStripe, clock: () => Date) {
  return {
    /** A subscription, also one that is cancelled; undefined when Stripe knows of none. */
    async readSubscription(id: string): Promise<SubscriptionRead | undefined> {
      const readAt = clock().toISOString();
      const subscription = await stripeCall(stripe.subscriptions.retrieve(id).catch(unless('resource_missing')));
      return subscription && subscriptionRead(subscription, readAt);
    },
  };
}

function subscriptionRead(subscription: Stripe.Subscription, readAt: string): SubscriptionRead {
  const [item] = subscription.items.data;
  return {
    readAt,
    id: subscription.id,
    customerId: idOf(subscription.customer),
    status: subscription.status,
    plan: planOfLookupKey(item?.price.lookup_key)?.id ?? null,
    quantity: item?.quantity ?? 1,
    periodStart: rfc3339(item?.current_period_start ?? null),
    periodEnd: rfc3339(item?.current_period_end ?? null),
    trialEndsAt: rfc3339(subscription.trial_end),
    cancelAt: rfc3339(subscription.cancel_at),
    endedAt: rfc3339(subscription.ended_at),
    latestInvoiceId: subscription.latest_invoice ? idOf(subscription.latest_invoice) : null,
  };
}
