import type Stripe from 'stripe';
import { changes, find } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid } from './failure.ts';
import { listShape, page } from './lists.ts';
import { boolean, listOf, mergeMetadata, metadata, object, oneOf, required, text, unsettable } from './params.ts';
import type { Params } from './params.ts';

const updates = listOf(oneOf('address', 'email', 'name', 'phone', 'shipping', 'tax_id'));
const proration = oneOf('always_invoice', 'create_prorations', 'none');
const reasons = listOf(
  oneOf('customer_service', 'low_quality', 'missing_features', 'other', 'switched_service', 'too_complex', 'too_expensive', 'unused'),
);
const features = object({
  customer_update: object({ allowed_updates: updates, enabled: boolean }),
  invoice_history: object({ enabled: required(boolean) }),
  payment_method_update: object({ enabled: required(boolean) }),
  subscription_cancel: object({
    cancellation_reason: object({ enabled: required(boolean), options: reasons }),
    enabled: boolean,
    mode: oneOf('at_period_end', 'immediately'),
    proration_behavior: proration,
  }),
  subscription_update: object({
    default_allowed_updates: listOf(oneOf('price', 'promotion_code', 'quantity')),
    enabled: boolean,
    products: listOf(object({ prices: required(listOf(text)), product: required(text) })),
    proration_behavior: proration,
  }),
});
const business = object({ headline: unsettable(text), privacy_policy_url: text, terms_of_service_url: text });
const writable = { business_profile: business, default_return_url: unsettable(text), metadata, name: unsettable(text) };
const flow = object({
  after_completion: object({ redirect: object({ return_url: required(text) }), type: required(oneOf('portal_homepage', 'redirect')) }),
  subscription_cancel: object({ subscription: required(text) }),
  subscription_update: object({ subscription: required(text) }),
  type: required(oneOf('payment_method_update', 'subscription_cancel', 'subscription_update')),
});
const session = { configuration: text, customer: required(text), flow_data: flow, return_url: text };
const path = '/v1/billing_portal/configurations';

/** The customer portal: what it may do, and links into it. There are no pages behind the links. */
export function portalEndpoints(context: StripeContext): Endpoint[] {
  const { tables } = context;
  const one = (id: string) => find(tables.portalConfigurations, 'configuration', id);
  return [
    endpoint(
      `POST ${path}`,
      { ...writable, features: required(features), login_page: object({ enabled: required(boolean) }) },
      (params) => {
        const empty = emptyConfiguration(context.id('bpc'), context.now(), tables.portalConfigurations.size() === 0);
        const made = written(
          params.login_page ? { ...empty, login_page: { ...params.login_page, url: null } } : empty,
          params,
          context.now(),
        );
        tables.portalConfigurations.put(made.id, made);
        context.emit('billing_portal.configuration.created', made);
        return made;
      },
    ),
    endpoint(`GET ${path}`, { ...listShape, active: boolean, is_default: boolean }, ({ active, is_default, ...paging }) => {
      const rows = tables.portalConfigurations
        .values()
        .filter((row) => (active === undefined || row.active === active) && (is_default === undefined || row.is_default === is_default));
      return page(rows, path, paging);
    }),
    endpoint(`GET ${path}/{configuration}`, {}, (_, { id }) => one(id)),
    endpoint(`POST ${path}/{configuration}`, { ...writable, active: boolean, features }, (params, { id }) => {
      const before = one(id);
      const after = { ...written(before, params, context.now()), active: params.active ?? before.active };
      tables.portalConfigurations.put(id, after);
      context.emit('billing_portal.configuration.updated', after, changes(before, after));
      return after;
    }),
    endpoint('POST /v1/billing_portal/sessions', session, (params) => startSession(context, params)),
  ];
}

function written(
  before: Stripe.BillingPortal.Configuration,
  params: Params<typeof writable> & { features?: Params<{ features: typeof features }>['features'] },
  now: number,
): Stripe.BillingPortal.Configuration {
  const { business_profile: profile, features: given, metadata: pairs, default_return_url: url, name } = params;
  const merged = Object.fromEntries(
    Object.entries(before.features).map(([key, value]) => [key, { ...value, ...new Map(Object.entries(given ?? {})).get(key) }]),
  );
  return {
    ...before,
    business_profile: { ...before.business_profile, ...profile } as Stripe.BillingPortal.Configuration.BusinessProfile,
    features: merged as unknown as Stripe.BillingPortal.Configuration.Features,
    ...(url === undefined ? {} : { default_return_url: url }),
    ...(name === undefined ? {} : { name }),
    metadata: mergeMetadata(before.metadata ?? {}, pairs),
    updated: now,
  };
}

const emptyConfiguration = (id: string, now: number, isDefault: boolean): Stripe.BillingPortal.Configuration => ({
  id,
  object: 'billing_portal.configuration',
  active: true,
  application: null,
  business_profile: { headline: null, privacy_policy_url: null, terms_of_service_url: null },
  created: now,
  default_return_url: null,
  features: {
    customer_update: { allowed_updates: [], enabled: false },
    invoice_history: { enabled: false },
    payment_method_update: { enabled: false, payment_method_configuration: null },
    subscription_cancel: {
      cancellation_reason: { enabled: false, feedback_options: null, options: [] },
      enabled: false,
      mode: 'at_period_end',
      proration_behavior: 'none',
    },
    subscription_update: {
      billing_cycle_anchor: null,
      default_allowed_updates: [],
      enabled: false,
      proration_behavior: 'none',
      schedule_at_period_end: { conditions: [] },
      trial_update_behavior: 'end_trial',
    },
  },
  is_default: isDefault,
  livemode: false,
  login_page: { enabled: false, url: null },
  metadata: {},
  name: null,
  updated: now,
});

function startSession(context: StripeContext, params: Params<typeof session>): object {
  const { tables } = context;
  find(tables.customers, 'customer', params.customer, 'customer');
  const [first] = tables.portalConfigurations.values();
  const configuration =
    params.configuration === undefined ? first : find(tables.portalConfigurations, 'configuration', params.configuration, 'configuration');
  if (!configuration)
    throw invalid('No configuration provided and your test mode default configuration has not been created.', { param: 'configuration' });
  const { flow_data: wanted } = params;
  const id = context.id('bps');
  const made = {
    id,
    object: 'billing_portal.session',
    configuration: configuration.id,
    created: context.now(),
    customer: params.customer,
    customer_account: null,
    flow: wanted ? flowOf(wanted) : null,
    livemode: false,
    locale: null,
    on_behalf_of: null,
    return_url: params.return_url ?? configuration.default_return_url,
    url: `https://billing.stripe.com/p/session/test_${id}`,
  };
  context.emit('billing_portal.session.created', made);
  return made;
}

const flowOf = ({ after_completion: after, subscription_cancel: cancel, subscription_update: update, type }: ReturnType<typeof flow>) => ({
  after_completion: {
    hosted_confirmation: null,
    redirect: after?.redirect ? { return_url: after.redirect.return_url } : null,
    type: after?.type ?? 'portal_homepage',
  },
  subscription_cancel: cancel ? { ...cancel, retention: null } : null,
  subscription_update: update ?? null,
  subscription_update_confirm: null,
  type,
});
