import type Stripe from 'stripe';
import { testCard } from './cards.ts';
import type { TestCard } from './cards.ts';
import { idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { declineOf } from './declines.ts';
import type { Decline } from './declines.ts';
import { StripeFailure } from './failure.ts';
import { newCharge } from './payment-objects.ts';

export interface Confirmation {
  /** The card's holder is not there to authenticate. */
  readonly offSession: boolean;
  /** The holder has just authenticated. */
  readonly authenticated?: boolean;
}
export interface Confirmed {
  readonly intent: Stripe.PaymentIntent;
  /** Why it is not paid; absent when it is. */
  readonly refusal?: StripeFailure;
}

/** Charges a payment method for a payment intent. A refusal is an outcome: the charge was tried, and that stays. */
export function confirmIntent(
  context: StripeContext,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  confirmation: Confirmation,
): Confirmed {
  const card = cardOf(context, method);
  const asked = card?.authenticates !== undefined && !confirmation.authenticated && !spared(context, method, card);
  if (asked && !confirmation.offSession) return actionRequired(context, intent, method);
  const decline = asked ? authenticationDecline(card) : refusalOf(context, method, card);
  if (!decline) return succeeded(context, intent, method, card);
  context.tables.refusals.put(method.id, (context.tables.refusals.get(method.id) ?? 0) + 1);
  return declined(context, intent, method, { decline, card });
}

export const cardOf = ({ tables }: StripeContext, { id }: Stripe.PaymentMethod): TestCard | undefined =>
  testCard(tables.cards.get(id) ?? '');

/** The card has refused as often as it was to. */
const spared = ({ tables }: StripeContext, { id }: Stripe.PaymentMethod, { refusals }: TestCard): boolean =>
  refusals !== undefined && (tables.refusals.get(id) ?? 0) >= refusals;

const needsHolder = ({ decline_code }: Decline) => decline_code === 'authentication_required';

function authenticationDecline({ refusesCharge }: TestCard): Decline | undefined {
  return refusesCharge && needsHolder(refusesCharge) ? refusesCharge : declineOf('authentication_required');
}

function refusalOf(context: StripeContext, method: Stripe.PaymentMethod, card: TestCard | undefined): Decline | undefined {
  // What cannot be attached can still be charged once, and refuses that.
  const decline = card?.refusesCharge ?? card?.refusesAttach;
  return !card || !decline || needsHolder(decline) || spared(context, method, card) ? undefined : decline;
}

function keep({ tables }: StripeContext, intent: Stripe.PaymentIntent, change: Partial<Stripe.PaymentIntent>): Stripe.PaymentIntent {
  const after = { ...intent, ...change };
  tables.paymentIntents.put(after.id, after);
  return after;
}

function charge(
  context: StripeContext,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  outcome: { decline?: Decline; card?: TestCard | undefined },
): Stripe.Charge {
  const { amount, currency } = intent;
  const customer = intent.customer === null ? null : idOf(intent.customer);
  const payment = { id: context.id('ch'), customer, amount, currency, now: context.now() };
  const made = newCharge(payment, intent, method, outcome) as Stripe.Charge;
  context.tables.charges.put(made.id, made);
  context.emit(outcome.decline ? 'charge.failed' : 'charge.succeeded', made);
  return made;
}

function succeeded(
  context: StripeContext,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  card: TestCard | undefined,
): Confirmed {
  const made = charge(context, intent, method, { card });
  const after = keep(context, intent, {
    status: 'succeeded',
    amount_received: intent.amount,
    latest_charge: made.id,
    payment_method: method.id,
    last_payment_error: null,
    next_action: null,
  });
  context.emit('payment_intent.succeeded', after);
  return { intent: after };
}

function declined(
  context: StripeContext,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  outcome: { decline: Decline; card: TestCard | undefined },
): Confirmed {
  const made = charge(context, intent, method, outcome);
  const { blockedBy: _, ...decline } = outcome.decline;
  const error = { type: 'card_error' as const, ...decline, charge: made.id };
  const after = keep(context, intent, {
    status: 'requires_payment_method',
    latest_charge: made.id,
    last_payment_error: { ...error, payment_method: method },
    next_action: null,
  });
  context.emit('payment_intent.payment_failed', after);
  return {
    intent: after,
    refusal: new StripeFailure(402, { ...error, payment_intent: after, payment_method: method }, { keepsState: true }),
  };
}

function actionRequired(context: StripeContext, intent: Stripe.PaymentIntent, method: Stripe.PaymentMethod): Confirmed {
  const after = keep(context, intent, {
    status: 'requires_action',
    payment_method: method.id,
    next_action: {
      type: 'use_stripe_sdk',
      use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: `https://hooks.stripe.com/redirect/authenticate/${intent.id}` },
    },
  });
  context.emit('payment_intent.requires_action', after);
  const message =
    'This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with the invoice.';
  const error = { type: 'card_error' as const, code: 'invoice_payment_intent_requires_action', message };
  return {
    intent: after,
    refusal: new StripeFailure(402, { ...error, payment_intent: after, payment_method: method }, { keepsState: true }),
  };
}

/** The holder was asked to authenticate and did not. */
export function refuseAuthentication(
  context: StripeContext,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
): Stripe.PaymentIntent {
  const after = keep(context, intent, {
    status: 'requires_payment_method',
    payment_method: null,
    last_payment_error: {
      type: 'card_error',
      code: 'payment_intent_authentication_failure',
      message: 'The provided PaymentMethod has failed authentication. You can provide a new PaymentMethod to attempt the payment again.',
      payment_method: method,
    },
    next_action: null,
  });
  context.emit('payment_intent.payment_failed', after);
  return after;
}
