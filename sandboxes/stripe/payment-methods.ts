import type Stripe from 'stripe';
import { changes, find } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid, missing } from './failure.ts';
import { listShape, page } from './lists.ts';
import { address, integer, maxLength, mergeMetadata, metadata, object, oneOf, required, text, unsettable } from './params.ts';
import type { Params } from './params.ts';
import { fromTestCard } from './new-payment-method.ts';
import { updateSubscription } from './subscription-states.ts';

const type = oneOf('card');
const billing_details = object({
  address: unsettable(address),
  email: unsettable(text),
  name: unsettable(text),
  phone: unsettable(maxLength(20)),
});
const writable = { allow_redisplay: oneOf('always', 'limited', 'unspecified'), billing_details, metadata };
const creatable = { ...writable, type: required(type), card: required(object({ token: required(text) })) };
const updatable = { ...writable, card: object({ exp_month: integer, exp_year: integer }) };

export function paymentMethodEndpoints(context: StripeContext): Endpoint[] {
  const { tables, indexes } = context;
  const one = (id: string) => find(tables.paymentMethods, 'PaymentMethod', id);
  return [
    endpoint('POST /v1/payment_methods', creatable, ({ card: { token }, ...params }) => {
      // Stripe's test tokens are named as its test payment methods are: tok_visa, pm_card_visa.
      const method = written(fromTestCard(context, token.replace(/^tok_/, 'pm_card_'), 'card[token]'), params);
      tables.paymentMethods.put(method.id, method);
      return method;
    }),
    endpoint('POST /v1/payment_methods/{payment_method}/attach', { customer: required(text) }, ({ customer }, { id }) => {
      find(tables.customers, 'customer', customer, 'customer');
      return attachPaymentMethod(context, id, customer);
    }),
    endpoint('POST /v1/payment_methods/{payment_method}/detach', {}, (_, { id }) => detach(context, one(id))),
    endpoint('POST /v1/payment_methods/{payment_method}', updatable, (params, { id }) => {
      const before = one(id);
      const after = written(before, params);
      tables.paymentMethods.put(id, after);
      context.emit('payment_method.updated', after, changes(before, after));
      return after;
    }),
    endpoint('GET /v1/payment_methods/{payment_method}', {}, (_, { id }) => one(id)),
    endpoint('GET /v1/payment_methods', { ...listShape, customer: text, type }, ({ customer, type: wanted, ...paging }) => {
      const rows = customer === undefined ? tables.paymentMethods.values() : indexes.paymentMethodsOf.of(customer);
      const attached = rows.filter((row) => row.customer !== null && (wanted === undefined || row.type === wanted));
      return page(attached, '/v1/payment_methods', paging);
    }),
    endpoint('GET /v1/customers/{customer}/payment_methods', { ...listShape, type }, ({ type: wanted, ...paging }, { id }) => {
      find(tables.customers, 'customer', id);
      const rows = indexes.paymentMethodsOf.of(id).filter((row) => wanted === undefined || row.type === wanted);
      return page(rows, `/v1/customers/${id}/payment_methods`, paging);
    }),
  ];
}

function written(before: Stripe.PaymentMethod, params: Params<typeof updatable>): Stripe.PaymentMethod {
  const { allow_redisplay, billing_details: details, card, metadata: pairs } = params;
  return {
    ...before,
    ...(allow_redisplay ? { allow_redisplay } : {}),
    ...(card && before.card ? { card: { ...before.card, ...card } as Stripe.PaymentMethod.Card } : {}),
    billing_details: { ...before.billing_details, ...details } as Stripe.PaymentMethod.BillingDetails,
    metadata: mergeMetadata(before.metadata ?? {}, pairs),
  };
}

/** @param param where the id came from; absent: the path */
export function attachPaymentMethod(context: StripeContext, id: string, customer: string, param?: string): Stripe.PaymentMethod {
  const { tables, emit } = context;
  const known = tables.paymentMethods.get(id);
  if (known?.customer && known.customer !== customer) {
    throw invalid('The payment method you provided has already been attached to a customer.', { code: 'payment_method_unexpected_state' });
  }
  const method: Stripe.PaymentMethod = { ...(known ?? fromTestCard(context, id, param)), customer };
  tables.paymentMethods.put(method.id, method);
  emit('payment_method.attached', method);
  return method;
}

/** A payment method of the customer; a test card's id makes one that is not attached yet. */
export function usablePaymentMethod(context: StripeContext, id: string, customer: string | null, param: string): Stripe.PaymentMethod {
  const known = context.tables.paymentMethods.get(id);
  if (!known) {
    const made = fromTestCard(context, id, param, { attaching: false });
    context.tables.paymentMethods.put(made.id, made);
    return made;
  }
  if (known.customer === null || known.customer === customer) return known;
  throw missing('PaymentMethod', id, param);
}

/** Throws 400 when a payment method is not this customer's: only such can be a default. */
export function requireAttached({ tables }: StripeContext, id: string, customer: string, param: string): void {
  const { customer: owner } = find(tables.paymentMethods, 'PaymentMethod', id, param);
  if (owner === customer) return;
  throw invalid(`The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`, {
    code: 'resource_missing',
    param,
  });
}

/** What is taken away is nobody's default any more. */
function detach(context: StripeContext, before: Stripe.PaymentMethod): Stripe.PaymentMethod {
  const { tables, indexes, emit } = context;
  const owner = before.customer;
  if (typeof owner !== 'string')
    throw invalid('The payment method you provided is not attached to a customer so detachment is impossible.');
  const customer = tables.customers.get(owner);
  if (customer?.invoice_settings.default_payment_method === before.id) {
    const after = { ...customer, invoice_settings: { ...customer.invoice_settings, default_payment_method: null } };
    tables.customers.put(owner, after);
    emit('customer.updated', after, changes(customer, after));
  }
  for (const subscription of indexes.subscriptionsOf.of(owner)) {
    if (subscription.default_payment_method === before.id) updateSubscription(context, subscription, { default_payment_method: null });
  }
  const after: Stripe.PaymentMethod = { ...before, customer: null };
  tables.paymentMethods.put(before.id, after);
  emit('payment_method.detached', after, changes(before, after));
  return after;
}
