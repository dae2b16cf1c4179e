import type Stripe from 'stripe';
import type { StripeContext } from './context.ts';
import { invalid } from './failure.ts';
import { prorations } from './prorations.ts';
import { changed } from './changed-subscription.ts';
import type { cancellable } from './subscription-params.ts';
import type { Params } from './params.ts';
import { cancelNow, updateSubscription } from './subscription-states.ts';
import { billNow } from './update-subscription.ts';

type Cancelling = Omit<Params<typeof cancellable>, 'cancellation_details'> & {
  readonly details: Params<typeof cancellable>['cancellation_details'];
};

/** Ends a subscription now; `prorate` credits what was paid and not used, `invoice_now` bills what waits. */
export function cancelByHand(
  context: StripeContext,
  before: Stripe.Subscription,
  { details, invoice_now, prorate }: Cancelling,
): Stripe.Subscription {
  if (prorate) {
    const credits = prorations(context, before, [], { at: context.now(), restarts: true });
    for (const item of credits) context.tables.invoiceItems.put(item.id, item);
  }
  const billed = invoice_now ? billNow(context, before, { whole: false, errors: false }) : before;
  return cancelNow(context, billed, { comment: details?.comment ?? null, feedback: details?.feedback ?? null });
}

/** A paused subscription begins a new period, and is active when that is paid. */
export function resume(context: StripeContext, paused: Stripe.Subscription): Stripe.Subscription {
  if (paused.status !== 'paused') throw invalid('Only paused subscriptions can be resumed.');
  const { change } = changed(context, paused, { billing_cycle_anchor: 'now' });
  const resumed = billNow(context, updateSubscription(context, paused, change), { whole: true, errors: false });
  if (resumed.status === 'active') context.emit('customer.subscription.resumed', resumed);
  return resumed;
}
