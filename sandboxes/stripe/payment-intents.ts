import type Stripe from 'stripe';
import { collect } from './collect.ts';
import { confirmIntent, refuseAuthentication } from './confirm-intent.ts';
import type { Confirmation } from './confirm-intent.ts';
import { find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid } from './failure.ts';
import { cancelIntent } from './invoice-payments.ts';
import { createdShape, listShape, page, withinRange } from './lists.ts';
import { boolean, integer, listOf, maxLength, mergeMetadata, metadata, object, oneOf, required, text } from './params.ts';
import type { Params, Parse } from './params.ts';
import { attachPaymentMethod, usablePaymentMethod } from './payment-methods.ts';
import { newPaymentIntent } from './payment-objects.ts';

const offSession: Parse<boolean> = (raw, name) => (raw === 'one_off' || raw === 'recurring' ? true : boolean(raw, name));
const confirming = { off_session: offSession, payment_method: text, return_url: text };
const usage = oneOf('off_session', 'on_session');
const writable = { customer: text, description: maxLength(1000), metadata, payment_method: text, setup_future_usage: usage };
const creatable = {
  ...writable,
  ...confirming,
  amount: required(integer),
  // Which kinds a customer would be offered: here it is cards.
  automatic_payment_methods: object({ allow_redirects: oneOf('always', 'never'), enabled: required(boolean) }),
  confirm: boolean,
  currency: required(text),
  payment_method_types: listOf(oneOf('card')),
};
const reason = oneOf('abandoned', 'duplicate', 'fraudulent', 'requested_by_customer');
const path = '/v1/payment_intents/{intent}';

export function paymentIntentEndpoints(context: StripeContext): Endpoint[] {
  const { tables, indexes } = context;
  const one = (id: string) => find(tables.paymentIntents, 'payment_intent', id);
  return [
    endpoint('POST /v1/payment_intents', creatable, (params) => createIntent(context, params)),
    endpoint('GET /v1/payment_intents', { ...listShape, ...createdShape, customer: text }, ({ customer, created, ...paging }) => {
      const rows = customer === undefined ? tables.paymentIntents.values() : indexes.intentsOf.of(customer);
      return page(
        rows.filter((row) => withinRange(row.created, created)),
        '/v1/payment_intents',
        paging,
      );
    }),
    endpoint(`GET ${path}`, {}, (_, { id }) => one(id)),
    endpoint(`POST ${path}`, { ...writable, amount: integer }, ({ metadata: pairs, ...params }, { id }) => {
      const before = waiting(one(id));
      const after = { ...before, ...params, metadata: mergeMetadata(before.metadata, pairs) } as Stripe.PaymentIntent;
      tables.paymentIntents.put(id, after);
      return after;
    }),
    endpoint(`POST ${path}/confirm`, { ...confirming, setup_future_usage: usage }, (params, { id }) => confirm(context, one(id), params)),
    endpoint(`POST ${path}/cancel`, { cancellation_reason: reason }, ({ cancellation_reason: why }, { id }) => {
      if (indexes.paymentsOfIntent.of(id).length > 0)
        throw invalid('You cannot cancel this PaymentIntent because it belongs to an invoice. Void the invoice instead.');
      return cancelIntent(context, waiting(one(id)), why ?? null);
    }),
  ];
}

function createIntent(context: StripeContext, params: Params<typeof creatable>): Stripe.PaymentIntent {
  const { amount, currency, customer = null, description = null, metadata: pairs, setup_future_usage: use = null } = params;
  if (customer !== null) find(context.tables.customers, 'customer', customer, 'customer');
  if (amount < 1) throw invalid('This value must be greater than or equal to 1.', { code: 'parameter_invalid_integer', param: 'amount' });
  const method =
    params.payment_method === undefined ? null : usablePaymentMethod(context, params.payment_method, customer, 'payment_method').id;
  const empty = newPaymentIntent({ id: context.id('pi'), customer, amount, currency, now: context.now() });
  const intent = {
    ...empty,
    description,
    metadata: mergeMetadata({}, pairs),
    payment_method: method,
    setup_future_usage: use,
    status: method === null ? 'requires_payment_method' : 'requires_confirmation',
  } as Stripe.PaymentIntent;
  context.tables.paymentIntents.put(intent.id, intent);
  context.emit('payment_intent.created', intent);
  if (!params.confirm) return intent;
  return confirm(context, intent, { off_session: params.off_session });
}

function waiting(intent: Stripe.PaymentIntent): Stripe.PaymentIntent {
  if (intent.status !== 'succeeded' && intent.status !== 'canceled') return intent;
  const message = `This PaymentIntent's status is ${intent.status}, which does not allow this.`;
  throw invalid(message, { code: 'payment_intent_unexpected_state' });
}

function confirm(
  context: StripeContext,
  given: Stripe.PaymentIntent,
  { off_session = false, payment_method, setup_future_usage: use }: Params<typeof confirming> & { setup_future_usage?: string | undefined },
): Stripe.PaymentIntent {
  const intent = { ...waiting(given), ...(use ? { setup_future_usage: use } : {}) };
  const methodId = payment_method ?? (intent.payment_method && idOf(intent.payment_method));
  if (!methodId)
    throw invalid('You cannot confirm this PaymentIntent because it is missing a payment method.', {
      code: 'payment_intent_unexpected_state',
    });
  const customer = intent.customer === null ? null : idOf(intent.customer);
  const method = usablePaymentMethod(context, methodId, customer, 'payment_method');
  return pay(context, intent, method, { offSession: off_session });
}

/** A payment that is an invoice's pays it. One whose holder has to act waits, which is no failure of a confirmation. */
function pay(
  context: StripeContext,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  confirmation: Confirmation,
): Stripe.PaymentIntent {
  const [record] = context.indexes.paymentsOfIntent.of(intent.id).filter(({ status }) => status === 'open');
  const customer = intent.customer === null ? null : idOf(intent.customer);
  if (customer !== null && method.customer === null && (record || intent.setup_future_usage))
    attachPaymentMethod(context, method.id, customer);
  const refusal = record
    ? collect(context, find(context.tables.invoices, 'invoice', idOf(record.invoice)), { ...confirmation, method: method.id }).decline
    : confirmIntent(context, intent, method, confirmation).refusal;
  const after = find(context.tables.paymentIntents, 'payment_intent', intent.id);
  if (refusal && after.status !== 'requires_action') throw refusal;
  return after;
}

/** Ours: the card's holder authenticates, or fails to. */
export function authenticate(context: StripeContext, id: string, succeeds: boolean): Stripe.PaymentIntent {
  const intent = find(context.tables.paymentIntents, 'payment_intent', id);
  if (intent.status !== 'requires_action' || !intent.payment_method) throw invalid('Nothing waits for authentication.');
  const method = find(context.tables.paymentMethods, 'PaymentMethod', idOf(intent.payment_method));
  if (!succeeds) return refuseAuthentication(context, intent, method);
  return pay(context, intent, method, { offSession: false, authenticated: true });
}
