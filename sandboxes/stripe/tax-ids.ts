import type Stripe from 'stripe';
import { find } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { missing } from './failure.ts';
import { listShape, page } from './lists.ts';
import { required, text } from './params.ts';

const path = '/v1/customers/{customer}/tax_ids';

/** Tax ids as given: nothing is looked up, nothing is computed from them. */
export function taxIdEndpoints(context: StripeContext): Endpoint[] {
  const { tables, indexes, emit } = context;
  const one = (customer: string, id: string): Stripe.TaxId => {
    const found = tables.taxIds.get(id);
    if (found?.customer !== customer) throw missing('tax id', id);
    return found;
  };
  return [
    endpoint(`POST ${path}`, { type: required(text), value: required(text) }, ({ type, value }, { id: customer }) => {
      find(tables.customers, 'customer', customer);
      const made: Stripe.TaxId = {
        id: context.id('txi'),
        object: 'tax_id',
        country: null,
        created: context.now(),
        customer,
        customer_account: null,
        livemode: false,
        owner: { type: 'customer', customer, customer_account: null },
        type,
        value,
        verification: { status: 'unavailable', verified_address: null, verified_name: null },
      };
      tables.taxIds.put(made.id, made);
      emit('customer.tax_id.created', made);
      return made;
    }),
    endpoint(`GET ${path}`, listShape, (paging, { id: customer }) =>
      page(indexes.taxIdsOf.of(customer), `/v1/customers/${customer}/tax_ids`, paging),
    ),
    endpoint(`GET ${path}/{id}`, {}, (_, ids) => one(ids['customer'] ?? '', ids.id)),
    endpoint(`DELETE ${path}/{id}`, {}, (_, ids) => {
      const gone = one(ids['customer'] ?? '', ids.id);
      tables.taxIds.delete(gone.id);
      emit('customer.tax_id.deleted', gone);
      return { id: gone.id, object: 'tax_id', deleted: true };
    }),
  ];
}
