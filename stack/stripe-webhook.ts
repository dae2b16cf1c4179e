import { billingEventTypes } from '../domain/billing-events.ts';
import type { Context } from './part.ts';
import { vendors } from './parts/sandbox.ts';
import { StackError } from './stack-error.ts';

/** The platform's webhook endpoint at Stripe's sandbox. */
export interface StripeWebhook {
  readonly secret: string;
  /** Tells the sandbox where the API is, which may have another port than the last time. */
  pointAt(apiUrl: string): Promise<void>;
}
interface Endpoint {
  readonly id: string;
  readonly secret?: string;
}

const [idName, secretName] = ['stripe.webhook.id', 'stripe.webhook.secret'];

/** Finds the endpoint of the last start, or makes it: its secret is told only then, and remembered. @param url the sandbox's */
export async function registerStripeWebhook({ memory }: Pick<Context, 'memory'>, url: string): Promise<StripeWebhook> {
  const [id, secret] = [memory.recall(idName), memory.recall(secretName)];
  const path = '/v1/webhook_endpoints';
  const known = id !== undefined && secret !== undefined && (await call(url, 'GET', `${path}/${id}`)) !== undefined;
  const endpoint = known ? { id, secret } : await make(url, path);
  memory.keep(idName, endpoint.id);
  memory.keep(secretName, endpoint.secret);
  return {
    secret: endpoint.secret,
    pointAt: async (apiUrl) => void (await call(url, 'POST', `${path}/${endpoint.id}`, { url: `${apiUrl}/webhooks/stripe` })),
  };
}

async function make(url: string, path: string): Promise<Required<Endpoint>> {
  const types = Object.fromEntries(billingEventTypes.map((type, at) => [`enabled_events[${at}]`, type]));
  // Until the API is up nobody answers, and the sandbox tries again.
  const made = await call(url, 'POST', path, { url: 'http://127.0.0.1:9/webhooks/stripe', description: 'ToolboxAI', ...types });
  if (made?.secret === undefined) throw new StackError('The Stripe sandbox told no secret for the webhook endpoint.');
  return { id: made.id, secret: made.secret };
}

/** Undefined when there is no such thing. */
async function call(
  url: string,
  method: 'GET' | 'POST',
  path: string,
  form?: Readonly<Record<string, string>>,
): Promise<Endpoint | undefined> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { authorization: `Bearer ${vendors.stripe.keys.STRIPE_SECRET_KEY}` },
    ...(form ? { body: new URLSearchParams(form) } : {}),
    signal: AbortSignal.timeout(10_000),
  });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new StackError(`The Stripe sandbox answered ${response.status} to ${method} ${path}.`);
  return (await response.json()) as Endpoint;
}
