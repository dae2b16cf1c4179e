import type Stripe from 'stripe';
import { randomText } from '../support/ids.ts';
import { changes, find } from './context.ts';
import type { StripeContext } from './context.ts';
import { deleteCustomer } from './customer-states.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { createdShape, listShape, page, withinRange } from './lists.ts';
import { address, integer, listOf, maxLength, mergeMetadata, metadata, object, oneOf, text, unsettable } from './params.ts';
import type { Params } from './params.ts';
import { attachPaymentMethod, requireAttached } from './payment-methods.ts';

const writable = {
  address: unsettable(address),
  balance: integer,
  description: unsettable(text),
  email: unsettable(maxLength(512)),
  invoice_prefix: text,
  invoice_settings: object({ default_payment_method: unsettable(text), footer: unsettable(text) }),
  metadata,
  name: unsettable(maxLength(256)),
  phone: unsettable(maxLength(20)),
  preferred_locales: listOf(text),
  tax_exempt: unsettable(oneOf('exempt', 'none', 'reverse')),
};

export function customerEndpoints(context: StripeContext): Endpoint[] {
  const { tables, emit } = context;
  return [
    endpoint('POST /v1/customers', { ...writable, payment_method: text, test_clock: text }, ({ payment_method, test_clock, ...params }) => {
      if (test_clock !== undefined) find(tables.testClocks, 'test clock', test_clock, 'test_clock');
      const customer = createCustomer(context, params, test_clock);
      if (payment_method !== undefined) attachPaymentMethod(context, payment_method, customer.id, 'payment_method');
      return customer;
    }),
    endpoint('GET /v1/customers', { ...listShape, ...createdShape, email: text, test_clock: text }, (params) => {
      const { email, created, test_clock: clock = null, ...paging } = params;
      const rows = (clock === null ? tables.customers.values() : context.indexes.customersOfClock.of(clock))
        // Those of a test clock are told only to whoever asks for them.
        .filter((row) => row.test_clock === clock && (email === undefined || row.email === email) && withinRange(row.created, created));
      return page(rows, '/v1/customers', paging);
    }),
    endpoint('GET /v1/customers/{customer}', {}, (_, { id }) => tables.deletedCustomers.get(id) ?? find(tables.customers, 'customer', id)),
    endpoint('POST /v1/customers/{customer}', writable, (params, { id }) => {
      const before = find(tables.customers, 'customer', id);
      const method = params.invoice_settings?.default_payment_method;
      if (method) requireAttached(context, method, id, 'invoice_settings[default_payment_method]');
      const after = written(before, params);
      tables.customers.put(id, after);
      emit('customer.updated', after, changes(before, after));
      return after;
    }),
    endpoint('DELETE /v1/customers/{customer}', {}, (_, { id }) => {
      return deleteCustomer(context, find(tables.customers, 'customer', id));
    }),
  ];
}

export function createCustomer(context: StripeContext, params: Params<typeof writable>, testClock: string | null = null): Stripe.Customer {
  const customer = { ...written(emptyCustomer(context), params), test_clock: testClock };
  context.tables.customers.put(customer.id, customer);
  context.emit('customer.created', customer);
  return customer;
}

function written(customer: Stripe.Customer, { metadata: pairs, invoice_settings, ...params }: Params<typeof writable>): Stripe.Customer {
  return {
    ...customer,
    ...params,
    metadata: mergeMetadata(customer.metadata, pairs),
    invoice_settings: { ...customer.invoice_settings, ...invoice_settings },
  } as Stripe.Customer;
}

function emptyCustomer({ id, now }: StripeContext): Stripe.Customer {
  return {
    id: id('cus', 14),
    object: 'customer',
    address: null,
    balance: 0,
    created: now(),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: randomText(8, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'),
    invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  };
}
