import type Stripe from 'stripe';
import type { Due } from './due-queue.ts';
import { subscriptionPeriodEnd } from './subscription-objects.ts';

const day = 86_400;
/** How long a first invoice may wait to be paid. */
const incompleteSeconds = 23 * 3_600;
const noticeSeconds = { trial: 3 * day, renewal: 7 * day };

type Plan<T> = Readonly<Record<string, (row: T) => number | null | undefined | false>>;

/** When time does something to a subscription, each by its name. */
export const subscriptionPlan: Plan<Stripe.Subscription> = {
  'subscription.expires': ({ status, created }) => status === 'incomplete' && created + incompleteSeconds,
  'subscription.trial_will_end': ({ status, trial_end }) => status === 'trialing' && trial_end !== null && trial_end - noticeSeconds.trial,
  'subscription.upcoming': (row) =>
    ['active', 'past_due'].includes(row.status) && row.cancel_at === null && subscriptionPeriodEnd(row) - noticeSeconds.renewal,
  'subscription.cancels': (row) => !['canceled', 'incomplete_expired', 'incomplete'].includes(row.status) && row.cancel_at,
  'subscription.period_ends': (row) => {
    const end = subscriptionPeriodEnd(row);
    return ['active', 'past_due', 'trialing', 'unpaid'].includes(row.status) && (row.cancel_at === null || row.cancel_at > end) && end;
  },
  'subscription.collection_resumes': ({ pause_collection }) => pause_collection?.resumes_at,
};

/** When time does something to an invoice. */
export const invoicePlan: Plan<Stripe.Invoice> = {
  'invoice.finalizes': ({ status, auto_advance, automatically_finalizes_at: at }) => status === 'draft' && auto_advance && at,
  'invoice.attempted': ({ status, auto_advance, next_payment_attempt: at }) => status === 'open' && auto_advance && at,
  'invoice.overdue': ({ status, due_date }) => status === 'open' && due_date,
};

/** When a page of Stripe's is closed. */
export const checkoutPlan: Plan<Stripe.Checkout.Session> = {
  'checkout.expires': ({ status, expires_at }) => status === 'open' && expires_at,
};

export function duesOf<T extends { id: string }>(plan: Plan<T>, row: T): Due[] {
  return Object.entries(plan).flatMap(([kind, when]) => {
    const at = when(row);
    return typeof at === 'number' ? [{ at, kind, id: row.id }] : [];
  });
}

export const stillHolds = <T extends { id: string }>(plan: Plan<T>, row: T, { kind, at }: Due): boolean => plan[kind]?.(row) === at;

/** What is only said, and not said again when the sandbox starts anew after the time of it. */
export const saidOnce: ReadonlySet<string> = new Set(['subscription.trial_will_end', 'subscription.upcoming', 'invoice.overdue']);
