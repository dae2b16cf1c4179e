import { createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import type { Clock } from '../support/clock.ts';
import { jsonBody, route } from '../support/http.ts';
import type { Reply, Route } from '../support/http.ts';
import type { Collection, Store } from '../support/store.ts';
import { badRequest, notFound } from './failure.ts';

const kinds = [
  'group_resubscribe',
  'delivered',
  'group_unsubscribe',
  'spam_report',
  'bounce',
  'deferred',
  'unsubscribe',
  'processed',
  'open',
  'click',
  'dropped',
] as const;
type Kind = (typeof kinds)[number];
type Settings = { readonly [K in Kind]: boolean } & {
  readonly id: string;
  readonly enabled: boolean;
  readonly url: string;
  readonly account_status_change: boolean;
  readonly friendly_name: string | null;
  readonly created_date: string;
  readonly updated_date: string;
  readonly oauth_client_id: string | null;
  readonly oauth_token_url: string | null;
};
export interface EventWebhook {
  readonly settings: Settings;
  /** Present when signing is on. */
  readonly keys?: { readonly publicKey: string; readonly privateKey: string };
}

const root = '/v3/user/webhooks/event/settings';
const maxAllowed = 5;

export const openEventWebhooks = (store: Store): Collection<EventWebhook> => store.collection('event_webhooks');

export function eventWebhookRoutes(webhooks: Collection<EventWebhook>, clock: Clock): Route[] {
  const one = (id = ''): EventWebhook => {
    const found = webhooks.get(id);
    if (!found) throw notFound();
    return found;
  };
  const keep = (webhook: EventWebhook, status = 200): Reply => {
    webhooks.put(webhook.settings.id, webhook);
    return { status, body: webhook.settings };
  };
  return [
    route(`POST ${root}`, (request) => {
      const given = jsonBody(request) as Partial<Settings>;
      if (!given.url || !URL.canParse(given.url)) throw badRequest('valid url required', 'url');
      if (webhooks.size() >= maxAllowed) throw badRequest(`at most ${maxAllowed} event webhooks are allowed`);
      return keep({ settings: { ...emptySettings(clock), ...writable(given) } }, 201);
    }),
    route(`GET ${root}/all`, () => ({
      status: 200,
      body: {
        max_allowed: maxAllowed,
        webhooks: webhooks.values().map(({ settings, keys }) => ({ ...settings, ...(keys ? { public_key: keys.publicKey } : {}) })),
      },
    })),
    route(`GET ${root}/{id}`, (_, { id }) => ({ status: 200, body: withoutDates(one(id).settings) })),
    route(`PATCH ${root}/{id}`, (request, { id }) => {
      const webhook = one(id);
      const updated_date = new Date(clock.nowMs()).toISOString();
      return keep({ ...webhook, settings: { ...webhook.settings, ...writable(jsonBody(request) as Partial<Settings>), updated_date } });
    }),
    route(`DELETE ${root}/{id}`, (_, { id = '' }) => {
      one(id);
      webhooks.delete(id);
      return { status: 204 };
    }),
    route(`GET ${root}/signed/{id}`, (_, { id = '' }) => ({ status: 200, body: { id, public_key: one(id).keys?.publicKey ?? '' } })),
    route(`PATCH ${root}/signed/{id}`, (request, { id }) => {
      const { settings, keys } = one(id);
      const { enabled } = jsonBody(request) as { enabled?: boolean };
      const next: EventWebhook = enabled ? { settings, keys: keys ?? newKeys() } : { settings };
      webhooks.put(settings.id, next);
      return { status: 200, body: { id: settings.id, public_key: next.keys?.publicKey ?? '' } };
    }),
  ];
}

function withoutDates(settings: Settings): object {
  const { created_date: _created, updated_date: _updated, ...rest } = settings;
  return rest;
}

/** The signature headers of one attempt: ECDSA P-256 over timestamp and raw body, DER in base64. @param at unix seconds */
export function signatureHeaders({ keys }: EventWebhook, at: number, body: string): Record<string, string> {
  if (!keys) return {};
  const signature = createSign('sha256').update(`${at}${body}`).sign({ key: keys.privateKey, dsaEncoding: 'der' }, 'base64');
  return { 'x-twilio-email-event-webhook-signature': signature, 'x-twilio-email-event-webhook-timestamp': String(at) };
}

function newKeys(): NonNullable<EventWebhook['keys']> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function writable(given: Partial<Settings>): Partial<Settings> {
  const allowed = new Set<string>([...kinds, 'enabled', 'url', 'friendly_name']);
  return Object.fromEntries(Object.entries(given).filter(([key]) => allowed.has(key))) as Partial<Settings>;
}

function emptySettings(clock: Clock): Settings {
  const now = new Date(clock.nowMs()).toISOString();
  const off = Object.fromEntries(kinds.map((kind) => [kind, false])) as { [K in Kind]: boolean };
  return {
    ...off,
    id: randomUUID(),
    enabled: true,
    url: '',
    account_status_change: false,
    friendly_name: null,
    created_date: now,
    updated_date: now,
    oauth_client_id: null,
    oauth_token_url: null,
  };
}
