import type Stripe from 'stripe';
import { changes, find } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid } from './failure.ts';
import { createdShape, listShape, page, withinRange } from './lists.ts';
import { boolean, listOf, mergeMetadata, metadata, required, text, unsettable } from './params.ts';

const writable = {
  active: boolean,
  description: unsettable(text),
  images: unsettable(listOf(text)),
  metadata,
  shippable: boolean,
  statement_descriptor: text,
  tax_code: unsettable(text),
  unit_label: unsettable(text),
  url: unsettable(text),
};

export function productEndpoints({ tables, id: newId, now, emit }: StripeContext): Endpoint[] {
  return [
    endpoint('POST /v1/products', { ...writable, id: text, name: required(text) }, ({ id, metadata: pairs, images, ...params }) => {
      if (id !== undefined && tables.products.get(id)) throw invalid('Product already exists.', { code: 'resource_already_exists' });
      const product = {
        ...emptyProduct(id ?? newId('prod', 14), now()),
        ...params,
        images: [...(images ?? [])],
        metadata: mergeMetadata({}, pairs),
      } as Stripe.Product;
      tables.products.put(product.id, product);
      emit('product.created', product);
      return product;
    }),
    endpoint(
      'GET /v1/products',
      { ...listShape, ...createdShape, active: boolean, ids: listOf(text), url: text },
      ({ active, ids, url, created, ...paging }) => {
        const rows = tables.products
          .values()
          .filter((row) => (active === undefined || row.active === active) && (ids === undefined || ids.includes(row.id)))
          .filter((row) => (url === undefined || row.url === url) && withinRange(row.created, created));
        return page(rows, '/v1/products', paging);
      },
    ),
    endpoint('GET /v1/products/{id}', {}, (_, { id }) => find(tables.products, 'product', id)),
    endpoint(
      'POST /v1/products/{id}',
      { ...writable, name: text, default_price: text },
      ({ metadata: pairs, images, ...params }, { id }) => {
        const before = find(tables.products, 'product', id);
        const after = {
          ...before,
          ...params,
          images: images === undefined ? before.images : [...(images ?? [])],
          metadata: mergeMetadata(before.metadata, pairs),
          updated: now(),
        } as Stripe.Product;
        tables.products.put(id, after);
        emit('product.updated', after, changes(before, after));
        return after;
      },
    ),
    endpoint('DELETE /v1/products/{id}', {}, (_, { id }) => {
      const product = find(tables.products, 'product', id);
      if (tables.prices.values().some((price) => price.product === id)) {
        throw invalid('This product cannot be deleted because it has one or more user-created prices.');
      }
      tables.products.delete(id);
      emit('product.deleted', product);
      return { id, object: 'product', deleted: true };
    }),
  ];
}

const emptyProduct = (id: string, now: number): Omit<Stripe.Product, 'name' | 'type'> => ({
  id,
  object: 'product',
  active: true,
  created: now,
  default_price: null,
  description: null,
  images: [],
  livemode: false,
  marketing_features: [],
  metadata: {},
  package_dimensions: null,
  shippable: null,
  tax_code: null,
  updated: now,
  url: null,
});
