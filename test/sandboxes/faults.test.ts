import assert from 'node:assert/strict';
import Stripe from 'stripe';
import { useSandbox } from '../support/sandbox.ts';
import { stripeAt } from './support/clients.ts';

describe('faults of a sandbox', () => {
  const sandbox = useSandbox('stripe');
  let stripe: Stripe;
  before(() => {
    stripe = stripeAt(sandbox.url);
  });
  beforeEach(() => sandbox.control.reset());
  const customers = async () => (await stripe.customers.list()).data.length;
  const create = (idempotencyKey: string) => stripe.customers.create({ name: 'Acme' }, { idempotencyKey });

  // The SDK tries once more by itself after a reset connection, so a fault has to meet it twice.
  it('cut the connection before the effect: nothing was done', async () => {
    await sandbox.control.addFault({ kind: 'reset-before', method: 'POST', path: '/v1/customers', times: 2 });
    await assert.rejects(create('k'), { type: 'StripeConnectionError' });
    assert.equal(await customers(), 0);
    assert.deepEqual(await sandbox.control.ledger(), []);
  });

  it('cut the connection after the effect: it was done, once, and the same key finds it', async () => {
    await sandbox.control.addFault({ kind: 'reset-after', method: 'POST', path: '/v1/customers', times: 2 });
    await assert.rejects(create('k'), { type: 'StripeConnectionError' });
    assert.equal(await customers(), 1);
    assert.equal((await create('k')).lastResponse.headers['idempotent-replayed'], 'true');
    assert.equal((await sandbox.control.ledger()).length, 1);
  });

  it('answer a status in the vendor’s place, for as many requests as asked, after as many as asked', async () => {
    await sandbox.control.addFault({ kind: 'status', path: '/v1/customers*', status: 503, times: 2, skip: 1 });
    assert.equal(await customers(), 0);
    await assert.rejects(customers(), { statusCode: 503 });
    await assert.rejects(create('k'), { statusCode: 503 });
    await create('k');
    assert.equal(await customers(), 1);
  });

  it('let a failure inside Stripe be the outcome of a key', async () => {
    await sandbox.control.addFault({ kind: 'status', method: 'POST', status: 500, stored: true });
    await assert.rejects(create('k'), { statusCode: 500 });
    await assert.rejects(create('k'), { statusCode: 500 });
    await create('other');
    assert.equal(await customers(), 1);
  });

  it('limit Stripe’s rate, and let another request hold the lock of an object', async () => {
    await sandbox.control.addFault({ kind: 'rate-limit', path: '/v1/customers', reason: 'endpoint-rate' });
    const limited = await create('k').catch((error: unknown) => error);
    assert.ok(limited instanceof Stripe.errors.StripeRateLimitError);
    assert.deepEqual([limited.code, limited.headers?.['stripe-rate-limited-reason']], ['rate_limit', 'endpoint-rate']);
    await sandbox.control.addFault({ kind: 'lock-timeout', path: '/v1/customers' });
    const locked = await create('k').catch((error: unknown) => error);
    assert.ok(locked instanceof Stripe.errors.StripeRateLimitError);
    assert.deepEqual([locked.code, locked.headers?.['stripe-should-retry']], ['lock_timeout', 'true']);
    await create('k');
    assert.equal(await customers(), 1);
  });

  it('are listed, and gone when cleared', async () => {
    await sandbox.control.addFault({ kind: 'delay', delayMs: 60_000 });
    assert.deepEqual(
      (await sandbox.control.faults()).map(({ kind, left }) => [kind, left]),
      [['delay', 1]],
    );
    await sandbox.control.clearFaults();
    assert.equal(await customers(), 0);
    await assert.rejects(sandbox.control.call('POST', '/faults', { kind: 'flood' }), /answered 400/);
    const { status } = await fetch(`${sandbox.url}/_sandbox/faults`, { method: 'POST', body: 'nonsense' });
    assert.equal(status, 400);
  });
});
