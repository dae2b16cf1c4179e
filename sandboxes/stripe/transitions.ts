import type Stripe from 'stripe';
import { attemptByItself, finalizeByItself } from './automatic-collection.ts';
import type { StripeContext } from './context.ts';
import { endPeriod, expireIncomplete, upcomingInvoice } from './renew-subscription.ts';
import { cancelNow, markPastDue, updateSubscription } from './subscription-states.ts';

/** What time does to a subscription. */
export function subscriptionFallsDue(context: StripeContext, kind: string, subscription: Stripe.Subscription): void {
  switch (kind) {
    case 'subscription.expires':
      return expireIncomplete(context, subscription);
    case 'subscription.trial_will_end':
      return context.emit('customer.subscription.trial_will_end', subscription);
    case 'subscription.upcoming':
      return context.emit('invoice.upcoming', upcomingInvoice(context, subscription));
    case 'subscription.cancels':
      return void cancelNow(context, subscription, { ...subscription.cancellation_details });
    case 'subscription.period_ends':
      return endPeriod(context, subscription);
    case 'subscription.collection_resumes':
      return void updateSubscription(context, subscription, { pause_collection: null });
    default:
      throw new Error(`Nothing is known of ${kind}.`);
  }
}

/** What time does to an invoice. */
export function invoiceFallsDue(context: StripeContext, kind: string, invoice: Stripe.Invoice): void {
  switch (kind) {
    case 'invoice.finalizes':
      return finalizeByItself(context, invoice);
    case 'invoice.attempted':
      return attemptByItself(context, invoice);
    case 'invoice.overdue':
      context.emit('invoice.overdue', invoice);
      return markPastDue(context, invoice);
    default:
      throw new Error(`Nothing is known of ${kind}.`);
  }
}
