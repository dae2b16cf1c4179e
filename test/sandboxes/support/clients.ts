import sendgridClient from '@sendgrid/client';
import Pusher from 'pusher';
import Stripe from 'stripe';
import { defaultApp } from '../../../sandboxes/pusher/pusher.ts';

/** The vendors' own clients, pointed at a sandbox (or at a proxy before one). */
export function stripeAt(url: string, key = 'sk_test_sandbox'): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(key, { host: hostname, port: Number(port), protocol: 'http', maxNetworkRetries: 0, telemetry: false });
}

type SendgridClient = typeof sendgridClient;
// The package hangs its class on the instance it exports, and its types do not say so.
const { Client } = sendgridClient as unknown as { Client: new () => SendgridClient };

export function sendgridAt(url: string, key = 'SG.sandbox'): SendgridClient {
  const client = new Client();
  client.setApiKey(key);
  client.setDefaultRequest('baseUrl', url);
  return client;
}

export function pusherAt(url: string, secret = defaultApp.secret): Pusher {
  const { hostname, port } = new URL(url);
  return new Pusher({ ...defaultApp, secret, host: hostname, port, useTLS: false });
}
