import type Stripe from 'stripe';
import { testCards } from './cards.ts';
import { changes, find } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { StripeFailure, invalid, missing } from './failure.ts';
import { listShape, page } from './lists.ts';
import { mergeMetadata, metadata, oneOf, required, text } from './params.ts';

const type = oneOf('card');

export function paymentMethodEndpoints(context: StripeContext): Endpoint[] {
  const { tables, emit } = context;
  return [
    endpoint('POST /v1/payment_methods/{payment_method}/attach', { customer: required(text) }, ({ customer }, { id }) => {
      find(tables.customers, 'customer', customer, 'customer');
      return attachPaymentMethod(context, id, customer);
    }),
    endpoint('POST /v1/payment_methods/{payment_method}/detach', {}, (_, { id }) => {
      const before = find(tables.paymentMethods, 'PaymentMethod', id);
      if (before.customer === null)
        throw invalid('The payment method you provided is not attached to a customer so detachment is impossible.');
      const after: Stripe.PaymentMethod = { ...before, customer: null };
      tables.paymentMethods.put(id, after);
      emit('payment_method.detached', after, changes(before, after));
      return after;
    }),
    endpoint('POST /v1/payment_methods/{payment_method}', { metadata }, ({ metadata: pairs }, { id }) => {
      const before = find(tables.paymentMethods, 'PaymentMethod', id);
      const after: Stripe.PaymentMethod = { ...before, metadata: mergeMetadata(before.metadata ?? {}, pairs) };
      tables.paymentMethods.put(id, after);
      emit('payment_method.updated', after, changes(before, after));
      return after;
    }),
    endpoint('GET /v1/payment_methods/{payment_method}', {}, (_, { id }) => find(tables.paymentMethods, 'PaymentMethod', id)),
    endpoint('GET /v1/payment_methods', { ...listShape, customer: text, type }, ({ customer, type: wanted, ...paging }) => {
      const rows = tables.paymentMethods
        .values()
        .filter((row) => row.customer !== null && (customer === undefined || row.customer === customer));
      return page(
        rows.filter((row) => wanted === undefined || row.type === wanted),
        '/v1/payment_methods',
        paging,
      );
    }),
    endpoint('GET /v1/customers/{customer}/payment_methods', { ...listShape, type }, ({ type: wanted, ...paging }, { id }) => {
      find(tables.customers, 'customer', id);
      const rows = tables.paymentMethods.values().filter((row) => row.customer === id && (wanted === undefined || row.type === wanted));
      return page(rows, `/v1/customers/${id}/payment_methods`, paging);
    }),
  ];
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

/** Each attachment of a test card is a payment method of its own. */
function fromTestCard({ tables, id: newId, now }: StripeContext, alias: string, param?: string): Stripe.PaymentMethod {
  const card = testCards.get(alias);
  if (!card) throw missing('PaymentMethod', alias, param);
  if (card.refusesAttach) throw new StripeFailure(402, { type: 'card_error', ...card.refusesAttach });
  const id = newId('pm');
  tables.cards.put(id, alias);
  return {
    id,
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: {
      address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
      email: null,
      name: null,
      phone: null,
      tax_id: null,
    },
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'US',
      display_brand: card.brand,
      exp_month: 12,
      exp_year: new Date(now() * 1000).getUTCFullYear() + 3,
      fingerprint: `sandbox${card.last4}`,
      funding: 'credit',
      generated_from: null,
      last4: card.last4,
      networks: { available: [card.brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: now(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  };
}
