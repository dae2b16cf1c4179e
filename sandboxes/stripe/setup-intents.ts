import type Stripe from 'stripe';
import { cardOf } from './confirm-intent.ts';
import { find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { StripeFailure, invalid } from './failure.ts';
import { createdShape, listShape, page, withinRange } from './lists.ts';
import { boolean, listOf, mergeMetadata, metadata, object, oneOf, required, text } from './params.ts';
import type { Params } from './params.ts';
import { attachPaymentMethod, usablePaymentMethod } from './payment-methods.ts';

const creatable = {
  automatic_payment_methods: object({ allow_redirects: oneOf('always', 'never'), enabled: required(boolean) }),
  confirm: boolean,
  customer: text,
  description: text,
  metadata,
  payment_method: text,
  payment_method_types: listOf(oneOf('card')),
  return_url: text,
  usage: oneOf('off_session', 'on_session'),
};
const path = '/v1/setup_intents/{intent}';

export function setupIntentEndpoints(context: StripeContext): Endpoint[] {
  const { tables, indexes } = context;
  const one = (id: string) => find(tables.setupIntents, 'setupintent', id);
  const listable = { ...listShape, ...createdShape, customer: text, payment_method: text };
  return [
    endpoint('POST /v1/setup_intents', creatable, (params) => create(context, params)),
    endpoint('GET /v1/setup_intents', listable, ({ customer, payment_method: method, created, ...paging }) => {
      const rows = customer === undefined ? tables.setupIntents.values() : indexes.setupIntentsOf.of(customer);
      const found = rows.filter((row) => (method === undefined || row.payment_method === method) && withinRange(row.created, created));
      return page(found, '/v1/setup_intents', paging);
    }),
    endpoint(`GET ${path}`, {}, (_, { id }) => one(id)),
    endpoint(`POST ${path}/confirm`, { payment_method: text, return_url: text }, ({ payment_method }, { id }) =>
      confirm(context, one(id), payment_method),
    ),
    endpoint(`POST ${path}/cancel`, { cancellation_reason: oneOf('abandoned', 'duplicate', 'requested_by_customer') }, (params, { id }) => {
      const { status } = one(id);
      if (status === 'succeeded' || status === 'canceled') throw unexpected(status);
      return keep(
        context,
        one(id),
        {
          status: 'canceled',
          cancellation_reason: params.cancellation_reason ?? null,
          next_action: null,
        },
        'setup_intent.canceled',
      );
    }),
  ];
}

const unexpected = (status: string) =>
  invalid(`This SetupIntent's status is ${status}, which does not allow this.`, { code: 'setup_intent_unexpected_state' });

function keep(
  { tables, emit }: StripeContext,
  before: Stripe.SetupIntent,
  change: Partial<Stripe.SetupIntent>,
  type: Stripe.Event.Type,
): Stripe.SetupIntent {
  const after = { ...before, ...change };
  tables.setupIntents.put(after.id, after);
  emit(type, after);
  return after;
}

function create(context: StripeContext, params: Params<typeof creatable>): Stripe.SetupIntent {
  const { customer = null, payment_method: method } = params;
  if (customer !== null) find(context.tables.customers, 'customer', customer, 'customer');
  const id = context.id('seti');
  const methodId = method === undefined ? null : usablePaymentMethod(context, method, customer, 'payment_method').id;
  const intent = {
    ...emptySetupIntent(id),
    created: context.now(),
    customer,
    description: params.description ?? null,
    metadata: mergeMetadata({}, params.metadata),
    payment_method: methodId,
    status: methodId === null ? 'requires_payment_method' : 'requires_confirmation',
    usage: params.usage ?? 'off_session',
  } as Stripe.SetupIntent;
  const made = keep(context, intent, {}, 'setup_intent.created');
  return params.confirm ? confirm(context, made, undefined) : made;
}

/** A card that was set up on a page of Stripe's own, its holder having authenticated. */
export function setUp(context: StripeContext, customer: string, method: Stripe.PaymentMethod): Stripe.SetupIntent {
  return finish(context, create(context, { customer, payment_method: method.id }), method);
}

/** A card that is always refused, or whose holder must authenticate, says so here; else it is attached to the customer. */
function confirm(context: StripeContext, intent: Stripe.SetupIntent, given: string | undefined): Stripe.SetupIntent {
  if (intent.status === 'succeeded' || intent.status === 'canceled') throw unexpected(intent.status);
  const methodId = given ?? (intent.payment_method && idOf(intent.payment_method));
  if (!methodId) throw invalid('You cannot confirm this SetupIntent because it is missing a payment method.', { param: 'payment_method' });
  const customer = intent.customer === null ? null : idOf(intent.customer);
  const method = usablePaymentMethod(context, methodId, customer, 'payment_method');
  const card = cardOf(context, method);
  if (card?.refusesAttach) {
    const error = { type: 'card_error' as const, ...card.refusesAttach };
    const refused = { status: 'requires_payment_method', last_setup_error: { ...error, payment_method: method } } as const;
    const after = keep(context, intent, refused, 'setup_intent.setup_failed');
    throw new StripeFailure(402, { ...error, setup_intent: after, payment_method: method }, { keepsState: true });
  }
  if (card?.authenticates) {
    const next_action = { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } };
    return keep(context, intent, { status: 'requires_action', payment_method: method.id, next_action }, 'setup_intent.requires_action');
  }
  return finish(context, intent, method);
}

function finish(context: StripeContext, intent: Stripe.SetupIntent, method: Stripe.PaymentMethod): Stripe.SetupIntent {
  if (intent.customer !== null && method.customer === null) attachPaymentMethod(context, method.id, idOf(intent.customer));
  return keep(
    context,
    intent,
    { status: 'succeeded', payment_method: method.id, last_setup_error: null, next_action: null },
    'setup_intent.succeeded',
  );
}

/** Ours: the card's holder authenticates, or fails to. A card that asked once does not ask again off-session. */
export function authenticateSetup(context: StripeContext, id: string, succeeds: boolean): Stripe.SetupIntent {
  const intent = find(context.tables.setupIntents, 'setupintent', id);
  if (intent.status !== 'requires_action' || !intent.payment_method) throw invalid('Nothing waits for authentication.');
  const method = find(context.tables.paymentMethods, 'PaymentMethod', idOf(intent.payment_method));
  if (!succeeds) {
    const message = 'The provided PaymentMethod has failed authentication.';
    const error = { type: 'card_error', code: 'setup_intent_authentication_failure', message, payment_method: method } as const;
    return keep(
      context,
      intent,
      { status: 'requires_payment_method', last_setup_error: error, next_action: null },
      'setup_intent.setup_failed',
    );
  }
  if (cardOf(context, method)?.authenticates === 'until-set-up')
    context.tables.cards.put(method.id, 'pm_card_authenticationRequiredSetupForOffSession');
  return finish(context, intent, method);
}

const emptySetupIntent = (id: string) => ({
  id,
  object: 'setup_intent',
  allowed_payment_method_types: null,
  application: null,
  automatic_payment_methods: null,
  cancellation_reason: null,
  client_secret: `${id}_secret_sandbox`,
  customer_account: null,
  excluded_payment_method_types: null,
  flow_directions: null,
  last_setup_error: null,
  latest_attempt: null,
  livemode: false,
  managed_payments: null,
  mandate: null,
  next_action: null,
  on_behalf_of: null,
  payment_method_configuration_details: null,
  payment_method_options: null,
  payment_method_types: ['card'],
  single_use_mandate: null,
});
