import type Stripe from 'stripe';
import { collect, noPaymentMethod, payingMethod } from './collect.ts';
import { find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { invalid, nothingMade } from './failure.ts';
import { advancing, dueDate, makeDraft, pendingItems } from './draft-invoice.ts';
import { subscriptionLine } from './invoice-lines.ts';
import { openPayment } from './invoice-payments.ts';
import { finalizeInvoice } from './invoice-states.ts';
import { mergeMetadata } from './params.ts';
import { requireAttached } from './payment-methods.ts';
import { billingSettings } from './retries.ts';
import { createItem, emptySubscription, noPaymentSettings } from './subscription-objects.ts';
import type { CreateParams } from './subscription-params.ts';

const day = 86_400;

/**
 * On trial: trialing, with a paid first invoice of nothing. Else the first invoice is collected at once: active when paid, incomplete
 * when declined (or `error_if_incomplete`: 402 and nothing is made). With `send_invoice`: active, the invoice a draft.
 */
export function startSubscription(context: StripeContext, params: CreateParams): Stripe.Subscription {
  const { tables, emit } = context;
  const created = newSubscription(context, params);
  tables.subscriptions.put(created.id, created);
  const draft = firstInvoice(context, created);
  const { invoice, status } = settle(context, created, draft, params);
  const started: Stripe.Subscription = { ...created, status, latest_invoice: invoice.id };
  tables.subscriptions.put(started.id, started);
  emit('customer.subscription.created', started);
  return started;
}

export function newSubscription(context: StripeContext, params: CreateParams): Stripe.Subscription {
  const { customer: customerId, items, trial_period_days, trial_end, trial_settings, default_payment_method } = params;
  const customer = find(context.tables.customers, 'customer', customerId, 'customer');
  if (items.length === 0) throw invalid('Missing required param: items.', { code: 'parameter_missing', param: 'items' });
  if (trial_period_days !== undefined && trial_end !== undefined)
    throw invalid('You may only specify one of these parameters: trial_end, trial_period_days.', { param: 'trial_end' });
  if (default_payment_method) requireAttached(context, default_payment_method, customerId, 'default_payment_method');
  if (params.collection_method === 'send_invoice' && params.days_until_due === undefined) {
    throw invalid('You must pass `days_until_due` when `collection_method` is `send_invoice`.', { param: 'days_until_due' });
  }
  const start = context.now();
  const wanted = trial_end === 'now' ? null : (trial_end ?? (trial_period_days ? start + trial_period_days * day : null));
  if (wanted !== null && wanted <= start)
    throw invalid('Invalid timestamp: must be an integer Unix timestamp in the future.', { param: 'trial_end' });
  const id = context.id('sub');
  const lines = items.map((item, index) => createItem(context, id, item, { name: `items[${index}]`, start, trialEnd: wanted }));
  return {
    ...emptySubscription({ id, customer, items: lines, start, trialEnd: wanted, status: wanted === null ? 'incomplete' : 'trialing' }),
    ...(params.cancel_at_period_end
      ? { cancel_at_period_end: true, cancel_at: lines[0]?.current_period_end ?? null, canceled_at: start }
      : {}),
    ...(params.cancel_at ? { cancel_at: params.cancel_at, canceled_at: start } : {}),
    ...(params.automatic_tax ? { automatic_tax: { disabled_reason: null, enabled: params.automatic_tax.enabled, liability: null } } : {}),
    ...(params.collection_method ? { collection_method: params.collection_method } : {}),
    days_until_due: params.days_until_due ?? null,
    default_payment_method: default_payment_method ?? null,
    description: params.description ?? null,
    metadata: mergeMetadata({}, params.metadata),
    ...(params.payment_settings
      ? { payment_settings: { ...noPaymentSettings, ...params.payment_settings } as Stripe.Subscription.PaymentSettings }
      : {}),
    ...(trial_settings ? { trial_settings } : {}),
  };
}

function firstInvoice(context: StripeContext, subscription: Stripe.Subscription): Stripe.Invoice {
  const { customer, currency, collection_method, days_until_due, id } = subscription;
  const trial = subscription.status === 'trialing';
  return makeDraft(context, {
    customer: idOf(customer),
    currency,
    lines: subscription.items.data.map((item) => subscriptionLine(context, item, trial)),
    items: pendingItems(context, { customer: idOf(customer), currency, subscription: id }),
    reason: 'subscription_create',
    subscription,
    more: collection_method === 'send_invoice' ? mailed(context, days_until_due) : {},
  });
}

const mailed = (context: StripeContext, daysUntilDue: number | null): Partial<Stripe.Invoice> => ({
  ...advancing(context.now() + billingSettings(context).draftSeconds),
  next_payment_attempt: null,
  due_date: dueDate(context.now(), daysUntilDue),
});

interface Settled {
  readonly invoice: Stripe.Invoice;
  readonly status: Stripe.Subscription.Status;
}

function settle(
  context: StripeContext,
  subscription: Stripe.Subscription,
  draft: Stripe.Invoice,
  { payment_behavior = 'allow_incomplete' }: CreateParams,
): Settled {
  const trialing = subscription.status === 'trialing';
  if (!trialing && subscription.collection_method === 'send_invoice') return { invoice: draft, status: 'active' };
  if (draft.amount_due === 0) {
    return { invoice: collect(context, finalizeInvoice(context, draft)).invoice, status: trialing ? 'trialing' : 'active' };
  }
  if (payment_behavior === 'default_incomplete') {
    const open = finalizeInvoice(context, draft);
    openPayment(context, open);
    return { invoice: open, status: 'incomplete' };
  }
  if (payingMethod(context, draft) === undefined) throw noPaymentMethod();
  const { invoice, decline } = collect(context, finalizeInvoice(context, draft));
  if (!decline) return { invoice, status: 'active' };
  if (payment_behavior === 'error_if_incomplete') throw nothingMade(decline);
  return { invoice, status: 'incomplete' };
}
