import assert from 'node:assert/strict';
import { billingEventTypes } from '../../domain/billing-events.ts';
import { createStripe } from '../../platform/stripe.ts';
import { openMemory } from '../../stack/memory.ts';
import { registerStripeWebhook } from '../../stack/stripe-webhook.ts';
import { useSandbox } from '../support/sandbox.ts';
import { useHome } from './support.ts';

describe('the webhook endpoint of the stack', () => {
  const own = useHome();
  const sandbox = useSandbox('stripe');
  const endpoints = async () => (await createStripe({ secretKey: 'sk_test_x', apiBase: sandbox.url }).webhookEndpoints.list()).data;
  const register = () => registerStripeWebhook({ memory: openMemory(own.home) }, sandbox.url);

  it('is made once, with a secret that lasts, and follows the API to another port', async () => {
    const first = await register();
    await first.pointAt('http://127.0.0.1:3000');
    const second = await register();
    await second.pointAt('http://127.0.0.1:3001');
    assert.match(first.secret, /^whsec_/);
    assert.equal(second.secret, first.secret);
    const [endpoint, ...others] = await endpoints();
    assert.deepEqual([endpoint?.url, others.length], ['http://127.0.0.1:3001/webhooks/stripe', 0]);
    assert.deepEqual(endpoint?.enabled_events, [...billingEventTypes]);
  });

  it('is made anew when the sandbox has forgotten it', async () => {
    const { secret } = await register();
    await sandbox.control.reset();
    assert.notEqual((await register()).secret, secret);
    assert.equal((await endpoints()).length, 1);
  });
});
