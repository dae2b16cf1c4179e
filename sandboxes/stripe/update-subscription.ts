import type Stripe from 'stripe';
import { changed } from './changed-subscription.ts';
import { collect, failed, payingMethod } from './collect.ts';
import { find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { makeDraft, pendingItems } from './draft-invoice.ts';
import { invalid, nothingMade } from './failure.ts';
import { subscriptionLine } from './invoice-lines.ts';
import { openPayment } from './invoice-payments.ts';
import { finalizeInvoice, sendInvoice } from './invoice-states.ts';
import { mergeMetadata } from './params.ts';
import { requireAttached } from './payment-methods.ts';
import { prorations } from './prorations.ts';
import type { UpdateParams } from './subscription-params.ts';
import { updateSubscription } from './subscription-states.ts';

/** Changes a subscription as `params` say. What the change is worth comes onto the next invoice, or is billed at once. */
export function changeSubscription(context: StripeContext, before: Stripe.Subscription, params: UpdateParams): Stripe.Subscription {
  const { items: _, proration_behavior: behavior = 'create_prorations', proration_date: at = context.now(), ...rest } = params;
  const changesMore = Object.keys(params).some((key) => !['metadata', 'description', 'cancellation_details'].includes(key));
  if (before.ended_at !== null && changesMore) {
    throw invalid('A canceled subscription can only update its cancellation_details and metadata.');
  }
  const { change, items, restarts } = changed(context, before, params);
  const prorated = before.status === 'trialing' || behavior === 'none' ? [] : prorations(context, before, items, { at, restarts });
  for (const item of prorated) {
    context.tables.invoiceItems.put(item.id, item);
    context.emit('invoiceitem.created', item);
  }
  const after = updateSubscription(context, before, { ...written(context, before, rest), ...change });
  if (!restarts && (behavior !== 'always_invoice' || prorated.length === 0)) return after;
  return billNow(context, after, { whole: restarts, errors: params.payment_behavior === 'error_if_incomplete' });
}

function written(context: StripeContext, before: Stripe.Subscription, params: UpdateParams): Partial<Stripe.Subscription> {
  const { metadata: pairs, payment_settings: payment, automatic_tax: tax, pause_collection: pause, cancellation_details: why } = params;
  const { default_payment_method: method, collection_method, days_until_due, description, trial_settings } = params;
  if (method) requireAttached(context, method, idOf(before.customer), 'default_payment_method');
  return {
    ...(method === undefined ? {} : { default_payment_method: method }),
    ...(collection_method ? { collection_method } : {}),
    ...(days_until_due === undefined ? {} : { days_until_due }),
    ...(description === undefined ? {} : { description }),
    ...(trial_settings ? { trial_settings } : {}),
    ...(payment ? { payment_settings: { ...before.payment_settings, ...payment } as Stripe.Subscription.PaymentSettings } : {}),
    ...(tax ? { automatic_tax: { ...before.automatic_tax, enabled: tax.enabled } } : {}),
    ...(pause === undefined ? {} : { pause_collection: pause && { behavior: pause.behavior, resumes_at: pause.resumes_at ?? null } }),
    ...(why ? { cancellation_details: { ...before.cancellation_details, ...why } as Stripe.Subscription.CancellationDetails } : {}),
    metadata: mergeMetadata(before.metadata, pairs),
  };
}

/** An invoice over what waits, and over the period that has just begun when `whole`; collected at once. */
export function billNow(
  context: StripeContext,
  subscription: Stripe.Subscription,
  { whole, errors }: { whole: boolean; errors: boolean },
): Stripe.Subscription {
  const { customer, currency, id, items, collection_method } = subscription;
  const draft = makeDraft(context, {
    customer: idOf(customer),
    currency,
    lines: whole ? items.data.map((item) => subscriptionLine(context, item, false)) : [],
    items: pendingItems(context, { customer: idOf(customer), currency, subscription: id }),
    reason: 'subscription_update',
    subscription,
  });
  updateSubscription(context, subscription, { latest_invoice: draft.id });
  if (collection_method === 'send_invoice') sendInvoice(context, draft);
  else charge(context, finalizeInvoice(context, draft), errors);
  return find(context.tables.subscriptions, 'subscription', id);
}

function charge(context: StripeContext, open: Stripe.Invoice, errors: boolean): void {
  if (open.amount_remaining > 0 && payingMethod(context, open) === undefined) {
    openPayment(context, open);
    failed(context, open, { automatic: true });
    return;
  }
  const { decline } = collect(context, open, { automatic: true });
  if (decline && errors) throw nothingMade(decline);
}
