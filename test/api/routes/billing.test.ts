import assert from 'node:assert/strict';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { Payment } from '../../../platform/models/payment.ts';
import { useApi } from '../../support/api.ts';
import { type BilledSchool, billingAt, billSchool } from '../../support/billed-school.ts';
import { useNamespace } from '../../support/namespace.ts';
import { testCodec } from '../../support/payload-codec.ts';
import { useSandbox } from '../../support/sandbox.ts';

const typeOf = (code: string): string => `https://errors.toolbox.example/${code}`;

describe('everyday billing', function () {
  this.timeout(60_000);
  const stripe = useSandbox('stripe');
  const own = useNamespace(testCodec);
  const api = useApi(() => ({ billing: billingAt(stripe.url), temporal: own.temporal }));
  let school: BilledSchool;
  before(async () => {
    school = await billSchool(api.main, stripe.url, api.schools[0].id);
  });
  const made = async (): Promise<string[]> =>
    (await stripe.control.ledger()).map(({ operation }) => operation).filter((operation) => !operation.endsWith('/create_preview'));

  it('shows the subscription as Stripe said last, and the plans there are', async () => {
    const { body } = await api.send('/v1/billing/subscription', { as: 'billing' });
    assert.deepEqual([body['plan'], body['status'], body['quantity'], body['actions']], ['school', 'trialing', 1, ['change']]);
    const { body: list } = await api.send('/v1/billing/plans', { as: 'billing' });
    assert.deepEqual(list['items']?.[0], {
      id: 'starter',
      title: 'Starter',
      amountMinor: 4_900,
      currency: 'usd',
      trialDays: 14,
      maxStudents: 500,
    });
    assert.equal((await api.send('/v1/billing/subscription', { as: 'billing', school: 1 })).status, 404);
  });

  it('shows a bill with every attempt to pay it, and of a bank’s suspicion only that the card was declined', async () => {
    const { invoiceId } = await school.bill(5_000);
    const bill = await api.send(`/v1/billing/invoices/${invoiceId}`, { as: 'billing' });
    assert.deepEqual(
      [bill.body['status'], bill.body['amountMinor'], bill.body['remainingMinor'], bill.body['taxMinor']],
      ['paid', 5_000, 0, 0],
    );
    const [payment] = bill.body['payments'] as unknown as { id: string; outcome: string; declineCode: string | null }[];
    assert.deepEqual([payment?.outcome, payment?.declineCode], ['succeeded', null]);
    const suspected = { outcome: 'declined' as const, decline_code: 'stolen_card' };
    await inTenant(api.main, school.tenantId, async (trx) => Payment.query(trx).findOne({ id: payment?.id }).patch(suspected));
    const { body } = await api.send(`/v1/billing/payments?invoiceId=${invoiceId}`, { as: 'billing' });
    assert.deepEqual([body['items']?.[0]?.['outcome'], body['items']?.[0]?.['declineCode']], ['declined', 'generic_decline']);
    assert.equal((await api.send(`/v1/billing/invoices/${invoiceId}`, { as: 'billing', school: 1 })).status, 404);
  });

  it('previews a change at Stripe, and keeps nothing of it', async () => {
    const preview = (body: object) => api.send('/v1/billing/subscription/preview', { as: 'billing', body });
    await preview({ plan: 'district' }); // the first that asks for a plan makes its price
    const before = await made();
    const { status, body } = await preview({ plan: 'district', quantity: 2 });
    assert.equal(status, 200);
    assert.equal(body['currency'], 'usd');
    assert.ok((body['lines'] as unknown as unknown[]).length > 0);
    assert.deepEqual(await made(), before);
    assert.equal((await api.send('/v1/billing/subscription', { as: 'billing' })).body['plan'], 'school');
    assert.equal((await preview({ plan: 'gold' })).body['type'], typeOf('unknown-plan'));
    assert.equal((await preview({ quantity: 'active-students' })).status, 200);
    assert.equal((await preview({ quantity: 'all' })).status, 422);
    const ended = await preview({ cancel: 'now' });
    assert.deepEqual([ended.status, ended.body['amountDueMinor'], ended.body['lines']], [200, 0, []]);
    const other = await api.send('/v1/billing/subscription/preview', { as: 'billing', school: 1, body: { quantity: 2 } });
    assert.equal(other.body['type'], typeOf('billing-state'));
  });

  it('starts a run for a change, the same one for a repeat of the request, and one at a time', async () => {
    const change = (body: object, key?: string) =>
      api.send('/v1/billing/subscription/changes', { as: 'billing', body, ...(key ? { headers: { 'idempotency-key': key } } : {}) });
    const key = newId();
    const first = await change({ quantity: 3 }, key);
    assert.deepEqual([first.status, first.body['process']], [202, 'change-subscription']);
    assert.equal(first.headers.get('location'), `/v1/runs/${String(first.body['id'])}`);
    assert.deepEqual((await change({ quantity: 3 }, key)).body, first.body);
    assert.equal((await change({ quantity: 4 }, key)).body['type'], typeOf('idempotency-conflict'));
    const other = await change({ quantity: 4 });
    assert.deepEqual([other.body['type'], other.body['runId']], [typeOf('run-in-progress'), first.body['id']]);
    const run = await api.send(`/v1/runs/${String(first.body['id'])}`, { as: 'billing' });
    assert.deepEqual([run.status, run.body['status']], [200, 'running']);
  });

  it('refuses a change that says nothing, or that ends and goes on', async () => {
    for (const body of [{}, { cancel: 'now', plan: 'district' }, { quantity: 0 }, { quantity: 'all' }, { cancel: 'later' }])
      assert.equal((await api.send('/v1/billing/subscription/changes', { as: 'billing', body })).status, 422, JSON.stringify(body));
  });

  it('lets the platform’s staff alone give money back, of what the named school has', async () => {
    const { invoiceId, paymentId } = await school.bill(4_000);
    const { tenantId } = school;
    const started = await api.send(`/v1/billing/payments/${paymentId}/refunds`, { as: 'ops', body: { tenantId, amountMinor: 100 } });
    assert.deepEqual([started.status, started.body['process']], [202, 'refund-payment']);
    const note = await api.send(`/v1/billing/invoices/${invoiceId}/credit-notes`, { as: 'ops', body: { tenantId, amountMinor: 100 } });
    assert.deepEqual([note.status, note.body['process']], [202, 'issue-credit-note']);
    for (const [path, body] of [
      [`/v1/billing/payments/${paymentId}/refunds`, { amountMinor: 100 }],
      [`/v1/billing/invoices/${invoiceId}/credit-notes`, { amountMinor: 100 }],
    ] as const) {
      const elsewhere = { ...body, tenantId: api.schools[1].id };
      assert.equal((await api.send(path, { as: 'ops', body: elsewhere })).status, 404);
      assert.equal((await api.send(path, { as: 'tenant_admin', body: { ...body, tenantId } })).status, 403);
    }
  });

  it('asks Stripe for a link to a bill, for whoever asks alone', async () => {
    const { invoiceId } = await school.bill(3_000);
    const { status, headers, body } = await api.send(`/v1/billing/invoices/${invoiceId}/pdf`, { as: 'billing' });
    assert.deepEqual([status, headers.get('cache-control')], [200, 'no-store']);
    assert.match(String(body['url']), /^https?:/);
    assert.equal((await api.send(`/v1/billing/invoices/${invoiceId}/pdf`, { as: 'billing', school: 1 })).status, 404);
    const kept = await inTenant(api.main, school.tenantId, async (trx) => trx('invoices').where({ id: invoiceId }));
    assert.ok(!JSON.stringify(kept).includes('http'));
  });

  it('opens Stripe’s own pages, and has them lead back to the platform', async () => {
    for (const sent of [{}, { returnUrl: 'https://toolbox.example/billing?paid=1' }]) {
      const { status, headers, body } = await api.send('/v1/billing/portal-sessions', { as: 'billing', body: sent });
      assert.deepEqual([status, headers.get('cache-control')], [201, 'no-store']);
      assert.match(String(body['url']), /^https?:/);
    }
    const sessions = (await stripe.control.ledger()).filter(({ operation }) => operation === 'POST /v1/billing_portal/sessions');
    assert.deepEqual(
      sessions.map(({ body }) => (body as { return_url?: string }).return_url),
      ['https://toolbox.example', 'https://toolbox.example/billing?paid=1'],
    );
  });

  it('sends nobody who comes back from Stripe’s pages anywhere but to the platform', async () => {
    for (const returnUrl of [
      'https://evil.example/',
      'https://toolbox.example.evil.example/',
      'http://toolbox.example/',
      'javascript:alert(1)',
      '//toolbox.example',
    ]) {
      const { status } = await api.send('/v1/billing/portal-sessions', { as: 'billing', body: { returnUrl } });
      assert.equal(status, 422, returnUrl);
    }
    const none = await api.send('/v1/billing/portal-sessions', { as: 'billing', school: 1, body: {} });
    assert.equal(none.body['type'], typeOf('billing-state'));
  });
});
