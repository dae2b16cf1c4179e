import type Stripe from 'stripe';
import { emptySession } from './checkout-objects.ts';
import { find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid } from './failure.ts';
import { createdShape, listShape, page, withinRange } from './lists.ts';
import { boolean, integer, listOf, metadata, object, oneOf, required, text } from './params.ts';
import type { Params } from './params.ts';

const line = object({ price: required(text), quantity: integer });
const creatable = {
  allow_promotion_codes: boolean,
  automatic_tax: object({ enabled: required(boolean) }),
  cancel_url: text,
  client_reference_id: text,
  currency: text,
  customer: text,
  customer_email: text,
  expires_at: integer,
  line_items: listOf(line),
  metadata,
  mode: required(oneOf('payment', 'setup', 'subscription')),
  payment_method_types: listOf(oneOf('card')),
  subscription_data: object({ description: text, metadata, trial_period_days: integer }),
  success_url: text,
};
export type CheckoutParams = Params<typeof creatable>;

/** What a session was asked for and does not tell itself. */
export interface CheckoutOrder {
  readonly lines: readonly { readonly price: string; readonly quantity: number }[];
  readonly subscription?: CheckoutParams['subscription_data'];
}

const path = '/v1/checkout/sessions';
const longestSeconds = 24 * 3_600;

export function checkoutEndpoints(context: StripeContext): Endpoint[] {
  const { tables, indexes } = context;
  const one = (id: string) => find(tables.checkoutSessions, 'checkout.session', id);
  const listable = { ...listShape, ...createdShape, customer: text, status: oneOf('complete', 'expired', 'open'), subscription: text };
  return [
    endpoint(`POST ${path}`, creatable, (params) => open(context, params)),
    endpoint(`GET ${path}`, listable, ({ customer, status, subscription, created, ...paging }) => {
      const rows = customer === undefined ? tables.checkoutSessions.values() : indexes.checkoutSessionsOf.of(customer);
      const found = rows
        .filter((row) => (status === undefined || row.status === status) && withinRange(row.created, created))
        .filter((row) => subscription === undefined || row.subscription === subscription);
      return page(found, path, paging);
    }),
    endpoint(`GET ${path}/{session}`, {}, (_, { id }) => one(id)),
    endpoint(`GET ${path}/{session}/line_items`, listShape, (paging, { id }) =>
      page(lineItems(context, one(id)), `${path}/${id}/line_items`, paging),
    ),
    endpoint(`POST ${path}/{session}/expire`, {}, (_, { id }) => {
      if (one(id).status !== 'open') throw invalid('Only Checkout Sessions with a status in ["open"] can be expired.');
      return expireSession(context, one(id));
    }),
  ];
}

function open(context: StripeContext, params: CheckoutParams): Stripe.Checkout.Session {
  const { customer, mode, line_items: given = [], subscription_data: subscription, expires_at } = params;
  if (customer !== undefined) find(context.tables.customers, 'customer', customer, 'customer');
  if (mode !== 'setup' && given.length === 0)
    throw invalid(`\`line_items\` is required in \`${mode}\` mode.`, { code: 'parameter_missing', param: 'line_items' });
  if (mode === 'setup' && params.currency === undefined)
    throw invalid('You must pass `currency` in setup mode.', { code: 'parameter_missing', param: 'currency' });
  const lines = given.map(({ price, quantity = 1 }, index) => {
    const { recurring } = find(context.tables.prices, 'price', price, `line_items[${index}][price]`);
    if (mode === 'payment' && recurring)
      throw invalid('You specified `payment` mode but passed a recurring price.', { param: 'line_items' });
    return { price, quantity };
  });
  const now = context.now();
  const made = emptySession(context, params, lines, { now, expiresAt: expires_at ?? now + longestSeconds });
  context.tables.checkoutSessions.put(made.id, made);
  context.tables.checkoutOrders.put(made.id, { lines, ...(subscription ? { subscription } : {}) });
  return made;
}

export function expireSession(context: StripeContext, session: Stripe.Checkout.Session): Stripe.Checkout.Session {
  const after: Stripe.Checkout.Session = { ...session, status: 'expired', url: null };
  context.tables.checkoutSessions.put(after.id, after);
  context.emit('checkout.session.expired', after);
  return after;
}

export function lineItems({ tables }: StripeContext, { id }: Stripe.Checkout.Session): Stripe.LineItem[] {
  const { lines = [] } = tables.checkoutOrders.get(id) ?? {};
  return lines.map(({ price: priceId, quantity }, index) => {
    const price = find(tables.prices, 'price', priceId);
    const amount = (price.unit_amount ?? 0) * quantity;
    return {
      id: `li_${id.slice(-20)}${index}`,
      object: 'item',
      adjustable_quantity: null,
      amount_discount: 0,
      amount_subtotal: amount,
      amount_tax: 0,
      amount_total: amount,
      currency: price.currency,
      description: tables.products.get(idOf(price.product))?.name ?? null,
      metadata: {},
      price,
      quantity,
    };
  });
}
