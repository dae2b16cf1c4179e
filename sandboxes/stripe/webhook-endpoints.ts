import { createHmac } from 'node:crypto';
import type Stripe from 'stripe';
import { apiVersion, find } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid } from './failure.ts';
import { listShape, page } from './lists.ts';
import { boolean, listOf, mergeMetadata, metadata, required, text, unsettable } from './params.ts';

const writable = { description: unsettable(text), metadata };
const maxEndpoints = 16;

export function webhookEndpointEndpoints({ tables, id: newId, now }: StripeContext): Endpoint[] {
  const path = '/v1/webhook_endpoints/{webhook_endpoint}';
  const one = (id: string) => find(tables.webhookEndpoints, 'webhook endpoint', id);
  return [
    endpoint(
      'POST /v1/webhook_endpoints',
      { ...writable, api_version: text, enabled_events: required(listOf(text)), url: required(text) },
      (params) => {
        if (tables.webhookEndpoints.size() >= maxEndpoints) throw invalid('You have reached the maximum of 16 test webhook endpoints.');
        if (!URL.canParse(params.url))
          throw invalid('Invalid URL: An explicit scheme (such as https) must be provided.', { code: 'url_invalid', param: 'url' });
        const made: Stripe.WebhookEndpoint = {
          id: newId('we'),
          object: 'webhook_endpoint',
          api_version: params.api_version ?? apiVersion,
          application: null,
          created: now(),
          description: params.description ?? null,
          enabled_events: [...params.enabled_events],
          livemode: false,
          metadata: mergeMetadata({}, params.metadata),
          secret: newId('whsec', 32),
          status: 'enabled',
          url: params.url,
        };
        tables.webhookEndpoints.put(made.id, made);
        return made;
      },
    ),
    endpoint('GET /v1/webhook_endpoints', listShape, (paging) =>
      page(tables.webhookEndpoints.values().map(withoutSecret), '/v1/webhook_endpoints', paging),
    ),
    endpoint(`GET ${path}`, {}, (_, { id }) => withoutSecret(one(id))),
    endpoint(`POST ${path}`, { ...writable, disabled: boolean, enabled_events: listOf(text), url: text }, (params, { id }) => {
      const before = one(id);
      const after: Stripe.WebhookEndpoint = {
        ...before,
        description: params.description === undefined ? before.description : params.description,
        enabled_events: params.enabled_events ? [...params.enabled_events] : before.enabled_events,
        metadata: mergeMetadata(before.metadata, params.metadata),
        status: params.disabled === undefined ? before.status : params.disabled ? 'disabled' : 'enabled',
        url: params.url ?? before.url,
      };
      tables.webhookEndpoints.put(id, after);
      return withoutSecret(after);
    }),
    endpoint(`DELETE ${path}`, {}, (_, { id }) => {
      one(id);
      tables.webhookEndpoints.delete(id);
      return { id, object: 'webhook_endpoint', deleted: true };
    }),
  ];
}

/** Only the answer that made an endpoint tells its secret. */
function withoutSecret(endpoint: Stripe.WebhookEndpoint): Stripe.WebhookEndpoint {
  const { secret: _, ...rest } = endpoint;
  return rest;
}

/** `Stripe-Signature` of one attempt: each has its own time. @param at unix seconds */
export function signatureHeader(secret: string, at: number, body: string): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;
}
