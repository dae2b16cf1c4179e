import type Stripe from 'stripe';
import { changes, find } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid } from './failure.ts';
import { createdShape, listShape, page, withinRange } from './lists.ts';
import { boolean, integer, listOf, maxLength, mergeMetadata, metadata, object, oneOf, required, text, unsettable } from './params.ts';

const recurring = object({
  interval: required(oneOf('day', 'month', 'week', 'year')),
  interval_count: integer,
  usage_type: oneOf('licensed', 'metered'),
});
const creatable = {
  active: boolean,
  currency: required(text),
  lookup_key: maxLength(200),
  metadata,
  nickname: text,
  product: required(text),
  recurring,
  tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified'),
  transfer_lookup_key: boolean,
  unit_amount: required(integer),
};
const updatable = {
  active: boolean,
  lookup_key: unsettable(maxLength(200)),
  metadata,
  nickname: unsettable(text),
  transfer_lookup_key: boolean,
};
const listable = { active: boolean, currency: text, lookup_keys: listOf(text), product: text, type: oneOf('one_time', 'recurring') };

export function priceEndpoints(context: StripeContext): Endpoint[] {
  const { tables, emit } = context;
  return [
    endpoint('POST /v1/prices', creatable, ({ transfer_lookup_key, metadata: pairs, recurring: cycle, ...params }) => {
      find(tables.products, 'product', params.product, 'product');
      claimLookupKey(context, params.lookup_key, transfer_lookup_key);
      const price = {
        ...emptyPrice(context, params),
        ...params,
        recurring: cycle ? recurringOf(cycle) : null,
        metadata: mergeMetadata({}, pairs),
        type: cycle ? 'recurring' : 'one_time',
      } as unknown as Stripe.Price;
      tables.prices.put(price.id, price);
      emit('price.created', price);
      return price;
    }),
    endpoint(
      'GET /v1/prices',
      { ...listShape, ...createdShape, ...listable },
      ({ active = true, currency, lookup_keys, product, type, created, ...paging }) => {
        const rows = tables.prices
          .values()
          .filter((row) => row.active === active && (currency === undefined || row.currency === currency))
          .filter((row) => lookup_keys === undefined || (row.lookup_key !== null && lookup_keys.includes(row.lookup_key)))
          .filter((row) => (product === undefined || row.product === product) && (type === undefined || row.type === type))
          .filter((row) => withinRange(row.created, created));
        return page(rows, '/v1/prices', paging);
      },
    ),
    endpoint('GET /v1/prices/{price}', {}, (_, { id }) => find(tables.prices, 'price', id)),
    endpoint('POST /v1/prices/{price}', updatable, ({ transfer_lookup_key, metadata: pairs, ...params }, { id }) => {
      const before = find(tables.prices, 'price', id);
      if (params.lookup_key !== before.lookup_key) claimLookupKey(context, params.lookup_key, transfer_lookup_key);
      const after = { ...before, ...params, metadata: mergeMetadata(before.metadata, pairs) } as Stripe.Price;
      tables.prices.put(id, after);
      emit('price.updated', after, changes(before, after));
      return after;
    }),
  ];
}

/** A lookup key names one price: it is taken from its present one only when asked to. */
function claimLookupKey({ tables }: StripeContext, key: string | null | undefined, transfer = false): void {
  const holder = key ? tables.prices.values().find((price) => price.lookup_key === key) : undefined;
  if (!holder) return;
  if (!transfer) throw invalid(`A price (\`${holder.id}\`) already uses that lookup key.`, { param: 'lookup_key' });
  tables.prices.put(holder.id, { ...holder, lookup_key: null });
}

const recurringOf = (cycle: ReturnType<typeof recurring>): Omit<Stripe.Price.Recurring, 'trial_period_days'> => ({
  interval: cycle.interval,
  interval_count: cycle.interval_count ?? 1,
  meter: null,
  usage_type: cycle.usage_type ?? 'licensed',
});

function emptyPrice({ id, now }: StripeContext, { unit_amount, currency }: { unit_amount: number; currency: string }) {
  if (!/^[a-z]{3}$/.test(currency)) throw invalid(`Invalid currency: ${currency}.`, { param: 'currency' });
  if (unit_amount < 0)
    throw invalid('This value must be greater than or equal to 0.', { code: 'parameter_invalid_integer', param: 'unit_amount' });
  return {
    id: id('price'),
    object: 'price' as const,
    active: true,
    billing_scheme: 'per_unit' as const,
    created: now(),
    custom_unit_amount: null,
    livemode: false,
    lookup_key: null,
    nickname: null,
    tax_behavior: 'unspecified' as const,
    tiers_mode: null,
    transform_quantity: null,
    unit_amount_decimal: String(unit_amount),
  };
}
