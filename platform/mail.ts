import sendgridClient from '@sendgrid/client';
import sendgridMail from '@sendgrid/mail';
import { vendorError, waitSeconds } from './vendor-error.ts';

export interface MailConfig {
  readonly apiKey: string;
  /** `http://127.0.0.1:7777` for a sandbox; SendGrid itself when absent. */
  readonly apiBase?: string | undefined;
  /** The verified sender: `ToolboxAI <hello@example.org>` or a bare address. */
  readonly from: string;
  /** How long after a send SendGrid's activity may not show it yet. */
  readonly activityLagSeconds: number;
}
export interface MailContent {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}
export interface OutgoingMail extends MailContent {
  readonly to: { readonly email: string; readonly name?: string };
  /** What this mail is, for us: SendGrid keeps it beside the message and can be asked for it. An id, never a person's datum. */
  readonly dedupKey: string;
  /** What kind of mail it is, for statistics. */
  readonly category: string;
}

/** Handed over, or refused for what is in it (an address that is none): another mail may fare better. */
export type Sent = { readonly messageId: string } | { readonly refused: true };

export interface Mail {
  readonly activityLagSeconds: number;
  /** Hands one mail over. Not idempotent: after a lost answer ask `findByDedupKey` first. */
  send(mail: OutgoingMail): Promise<Sent>;
  /** The message id of a mail sent before under this key, as far as SendGrid shows it yet. */
  findByDedupKey(dedupKey: string): Promise<string | undefined>;
  /** What SendGrid has of an address, as far as it shows it: messages, by their ids, and how many of its lists name it. */
  findRecipient(email: string): Promise<Recipient>;
  /** Whether SendGrid still shows a message. */
  hasMessage(messageId: string): Promise<boolean>;
  /** Asks SendGrid to forget addresses, and all it has of them. Safe to repeat. Resolves to its id of the job. */
  eraseRecipients(emails: readonly string[]): Promise<string>;
  /** Whether a mail sent under this key bounced, was blocked or dropped, as far as SendGrid shows it yet. */
  isUndelivered(dedupKey: string): Promise<boolean>;
}

export interface Recipient {
  readonly messageIds: readonly string[];
  readonly suppressions: number;
}

const timeoutMs = 20_000;

// The packages hang their classes on the instance they export, and their types do not say so.
type Client = typeof sendgridClient;
type MailService = typeof sendgridMail;
const { Client: ClientClass } = sendgridClient as unknown as { Client: new () => Client };
const { MailService: MailServiceClass } = sendgridMail as unknown as { MailService: new () => MailService };

/** Throws VendorRefusedError (final) or VendorUnavailableError (try again). */
export function createMail({ apiKey, apiBase, from, activityLagSeconds }: MailConfig): Mail {
  const client = createClient(apiKey, apiBase);
  const service = new MailServiceClass();
  service.setClient(client);
  service.setTimeout(timeoutMs);
  return {
    activityLagSeconds,
    async send({ to, subject, text, html, dedupKey, category }) {
      // A link that lets someone in must not pass through a tracker.
      const trackingSettings = { clickTracking: { enable: false, enableText: false }, openTracking: { enable: false } };
      const message = { to, from, subject, text, html, customArgs: { dedup_key: dedupKey }, categories: [category], trackingSettings };
      const answer = await sendgridCall(service.send(message).catch(refusedContent));
      return answer ? { messageId: headerOf(answer[0].headers, 'x-message-id') ?? dedupKey } : { refused: true };
    },
    async findByDedupKey(dedupKey) {
      const id = (await findMessage(client, dedupKey))?.msg_id;
      return typeof id === 'string' ? id : undefined;
    },
    findRecipient: (email) => findRecipient(client, email),
    async hasMessage(messageId) {
      const url = `/v3/messages/${encodeURIComponent(messageId)}`;
      return (await sendgridCall(client.request({ method: 'GET', url }).catch(unknownThing))) !== undefined;
    },
    async eraseRecipients(emails) {
      const request = { method: 'POST', url: '/v3/recipients/erasejob', body: { email_addresses: emails } } as const;
      const [, body] = await sendgridCall(client.request(request));
      return (body as { job_id?: string }).job_id ?? '';
    },
    isUndelivered: async (dedupKey) => (await findMessage(client, dedupKey))?.status === 'not_delivered',
  };
}

interface FoundMessage {
  readonly msg_id?: unknown;
  readonly status?: unknown;
}
async function findMessage(client: Client, dedupKey: string): Promise<FoundMessage | undefined> {
  const qs = { query: `(unique_args['dedup_key']="${dedupKey}")`, limit: 1 };
  const [, body] = await sendgridCall(client.request({ method: 'GET', url: '/v3/messages', qs }));
  return (body as { messages?: FoundMessage[] }).messages?.[0];
}

/** The most that SendGrid's activity answers at once: nobody was written to more often in the month it remembers. */
const mostMessages = 1_000;
const suppressionLists = ['bounces', 'blocks', 'invalid_emails', 'spam_reports'] as const;

async function findRecipient(client: Client, email: string): Promise<Recipient> {
  const qs = { query: `(to_email="${email.replaceAll(/["\\\\]/g, '')}")`, limit: mostMessages };
  const [, found] = await sendgridCall(client.request({ method: 'GET', url: '/v3/messages', qs }));
  const messages = (found as { messages?: FoundMessage[] }).messages ?? [];
  const address = encodeURIComponent(email);
  let suppressions = 0;
  for (const list of suppressionLists) {
    const [, rows] = await sendgridCall(client.request({ method: 'GET', url: `/v3/suppression/${list}/${address}` }));
    suppressions += (rows as unknown[]).length;
  }
  const [, global] = await sendgridCall(client.request({ method: 'GET', url: `/v3/asm/suppressions/global/${address}` }));
  if ((global as { recipient_email?: unknown }).recipient_email) suppressions += 1;
  return { messageIds: messages.flatMap(({ msg_id: id }) => (typeof id === 'string' ? [id] : [])), suppressions };
}

function unknownThing(error: unknown): undefined {
  if ((error as SendgridError).code !== 404) throw error;
}

function createClient(apiKey: string, apiBase: string | undefined): Client {
  const client = new ClientClass();
  client.setApiKey(apiKey);
  if (apiBase) {
    // setApiKey points the client back at the real service: set the address after it, and make sure, or a trial writes to real people.
    client.setDefaultRequest('baseUrl', apiBase);
    const effective = client.createRequest({ url: '/' }) as { baseURL?: string };
    if (effective.baseURL !== apiBase) throw new Error('The mail client does not keep its configured address.');
  }
  return client;
}

function refusedContent(error: unknown): undefined {
  if ((error as SendgridError).code !== 400) throw error;
}

interface SendgridError {
  readonly code?: unknown;
  readonly response?: { readonly headers?: unknown };
}

async function sendgridCall<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    // Neither shape may travel on: axios's carries the whole request, the recipient and the key with it.
    const { code, response } = error as SendgridError;
    const status = typeof code === 'number' ? code : undefined;
    const resetAt = status === 429 ? Number(headerOf(response?.headers, 'x-ratelimit-reset') ?? Number.NaN) : Number.NaN;
    const retryAfterSeconds = status === 429 ? (waitSeconds(resetAt - Date.now() / 1000) ?? 2) : undefined;
    throw vendorError('SendGrid', { status, code: typeof code === 'string' ? code : undefined, retryAfterSeconds });
  }
}

function headerOf(headers: unknown, name: string): string | undefined {
  const value: unknown = typeof headers === 'object' && headers !== null ? (headers as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
