import { vendors } from './parts/sandbox.ts';
import { StackError } from './stack-error.ts';

/** Does at Roblox's sandbox what at Roblox is done in its dashboard: says where the API is, and by which secret webhooks are signed. */
export async function setRobloxWebhook(url: string, apiUrl: string): Promise<void> {
  const { ROBLOX_WEBHOOK_SECRET: secret } = vendors.roblox.keys;
  const response = await fetch(new URL('/_sandbox/webhook', url), {
    method: 'PUT',
    body: JSON.stringify({ url: `${apiUrl}/webhooks/roblox`, secret }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new StackError(`The Roblox sandbox answered ${response.status} when it was told of the webhook.`);
}
