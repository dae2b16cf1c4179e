import type { StripeContext } from './context.ts';
import type Stripe from 'stripe';
import { lineItems } from './checkout.ts';
import { idOf } from './context.ts';
import { invalid } from './failure.ts';
import type { Raw } from './form.ts';
import { embedded } from './lists.ts';

type Json = Readonly<Record<string, unknown>>;
export type Lookup = (id: string) => object | undefined;

/** What can be put in the place of an id, by the id's prefix, and what is left out of an object unless asked for. */
function sources(context: StripeContext): {
  byPrefix: Record<string, Lookup>;
  included: Record<string, (object: Json) => unknown>;
} {
  const { tables, indexes } = context;
  const ofInvoice = (id: unknown) => [...indexes.paymentsOfInvoice.of(String(id))];
  const ofCustomer = (id: unknown) => indexes.subscriptionsOf.of(String(id)).filter(({ status }) => status !== 'canceled');
  return {
    byPrefix: {
      cus: (id) => tables.customers.get(id) ?? tables.deletedCustomers.get(id),
      prod: tables.products.get,
      price: tables.prices.get,
      sub: tables.subscriptions.get,
      si: (id) => indexes.subscriptionsOfItem.of(id)[0]?.items.data.find((item) => item.id === id),
      clock: tables.testClocks.get,
      in: tables.invoices.get,
      ii: tables.invoiceItems.get,
      pm: tables.paymentMethods.get,
      pi: tables.paymentIntents.get,
      ch: tables.charges.get,
      re: tables.refunds.get,
      cn: tables.creditNotes.get,
      cs: tables.checkoutSessions.get,
      bpc: tables.portalConfigurations.get,
      seti: tables.setupIntents.get,
    },
    included: {
      'invoice.payments': ({ id }) => embedded(ofInvoice(id), `/v1/invoices/${String(id)}/payments`),
      'invoice.confirmation_secret': ({ id }) => {
        const intent = ofInvoice(id).at(-1)?.payment.payment_intent;
        const secret = intent === undefined ? undefined : tables.paymentIntents.get(idOf(intent))?.client_secret;
        return secret ? { client_secret: secret, type: 'payment_intent' } : null;
      },
      'checkout.session.line_items': (session) =>
        embedded(
          lineItems(context, session as unknown as Stripe.Checkout.Session),
          `/v1/checkout/sessions/${String(session['id'])}/line_items`,
        ),
      'charge.refunds': ({ id }) => embedded([...indexes.refundsOfCharge.of(String(id))], `/v1/charges/${String(id)}/refunds`),
      'customer.tax_ids': ({ id }) => embedded([...indexes.taxIdsOf.of(String(id))], `/v1/customers/${String(id)}/tax_ids`),
      'customer.subscriptions': ({ id }) => embedded(ofCustomer(id), `/v1/customers/${String(id)}/subscriptions`),
    },
  };
}

/** Finds an object by its id alone. */
export function createLookup(context: StripeContext): Lookup {
  const { byPrefix } = sources(context);
  // A product's id may be the caller's own.
  return (id) => byPrefix[id.split('_', 1)[0] ?? '']?.(id) ?? context.tables.products.get(id);
}

export type Expand = (object: object, paths: Raw | undefined) => object;

/** Puts objects in the place of the ids that `expand[]` names (`data.latest_invoice.payments`), four levels deep at most. */
export function createExpand(context: StripeContext): Expand {
  const { included } = sources(context);
  const lookup = createLookup(context);

  function expandField(object: Json, field: string, rest: readonly string[], path: string): Json {
    const value = object[field] ?? included[`${String(object['object'])}.${field}`]?.(object);
    if (value === undefined && !Object.hasOwn(object, field)) throw notExpandable(path);
    const target = typeof value === 'string' ? (lookup(value) ?? value) : value;
    if (typeof target === 'string') throw notExpandable(path);
    return { ...object, [field]: rest.length === 0 ? target : expandInto(target, rest, path) };
  }
  function expandInto(target: unknown, path: readonly string[], whole: string): unknown {
    const [field, ...rest] = path;
    if (field === undefined || target === null || typeof target !== 'object') return target;
    if (Array.isArray(target)) return target.map((item) => expandInto(item, path, whole));
    return expandField(target as Json, field, rest, whole);
  }

  return (object, paths) => {
    if (paths === undefined) return object;
    if (!Array.isArray(paths)) throw invalid('Invalid array', { param: 'expand' });
    return (paths as unknown[]).reduce<object>((result, path) => {
      if (typeof path !== 'string') throw invalid('Invalid string', { param: 'expand' });
      const fields = path.split('.');
      if (fields.length > 4) throw invalid('You cannot expand more than 4 levels of a property.', { param: 'expand' });
      return expandInto(result, fields, path) as object;
    }, object);
  };
}

const notExpandable = (path: string) => invalid(`This property cannot be expanded (${path}).`, { param: 'expand' });
