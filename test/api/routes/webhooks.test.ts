import assert from 'node:assert/strict';
import Stripe from 'stripe';
import { platformTenantId } from '../../../domain/roles.ts';
import { inTenant, openDatabase } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { WebhookEvent } from '../../../platform/models/webhook-event.ts';
import { createStripeWebhook } from '../../../platform/stripe-webhook.ts';
import { useApi, webhookSecret } from '../../support/api.ts';
import type { Answer } from '../../support/http.ts';
import { statementsOf } from '../../support/statements.ts';

const rolled = 'whsec_rolled';

describe('POST /webhooks/stripe', () => {
  const heard: string[] = [];
  let nudges = 0;
  const api = useApi(() => ({
    stripeWebhook: createStripeWebhook({ secrets: [webhookSecret, rolled], live: false }),
    nudgeMirror: () => void (nudges += 1),
    metrics: { observe: () => undefined, heard: (_vendor, outcome) => void heard.push(outcome) },
  }));
  beforeEach(() => {
    heard.length = 0;
    nudges = 0;
  });

  const eventOf = (change: object = {}) => ({
    id: `evt_${newId().replaceAll('-', '')}`,
    object: 'event',
    type: 'invoice.payment_failed',
    created: 1_795_000_000,
    livemode: false,
    data: { object: { id: 'in_1', object: 'invoice', customer: 'cus_1', customer_email: 'ada@school.example' } },
    ...change,
  });
  const sign = (raw: string, { secret = webhookSecret, at = Date.now() } = {}): string =>
    Stripe.webhooks.generateTestHeaderString({ payload: raw, secret, timestamp: Math.floor(at / 1000) });
  const post = (raw: string, signature: string, type = 'application/json; charset=utf-8') =>
    api.send('/webhooks/stripe', { method: 'POST', raw, headers: { 'content-type': type, 'stripe-signature': signature } });
  const send = (event: object, how: Parameters<typeof sign>[1] = {}) => {
    const raw = JSON.stringify(event, null, 2);
    return post(raw, sign(raw, how));
  };
  const rows = (ids: readonly string[]): Promise<WebhookEvent[]> =>
    inTenant(api.databases.main, platformTenantId, async (trx) => WebhookEvent.query(trx).whereIn('id', [...ids]));
  const count = (): Promise<number> => inTenant(api.databases.main, platformTenantId, async (trx) => WebhookEvent.query(trx).resultSize());
  const typeOf = ({ body }: Answer): string => String(body?.['type']).replace(/^.*\//, '');

  it('stores what an event is about, and nothing else that it says, before it answers', async () => {
    const event = eventOf();
    const { status, body } = await send(event);
    assert.deepEqual([status, body], [200, { status: 'stored', reason: null }]);
    const [row] = await rows([event.id]);
    assert.deepEqual(
      [row?.vendor, row?.type, row?.object_id, row?.customer_id, row?.status, row?.received_by, row?.occurred_at.toISOString()],
      ['stripe', 'invoice.payment_failed', 'in_1', 'cus_1', 'stored', 'webhook', new Date(1_795_000_000_000).toISOString()],
    );
    assert.doesNotMatch(JSON.stringify(row), /ada@/);
    assert.deepEqual([heard, nudges], [['stored'], 1]);
  });

  it('takes an event once, however often it comes', async () => {
    const event = eventOf();
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(event)));
    assert.ok(answers.every(({ status }) => status === 200));
    assert.deepEqual((await send(event)).body, { status: 'known', reason: null });
    assert.equal((await rows([event.id])).length, 1);
  });

  it('takes the signature of either secret while one is rolled', async () => {
    assert.equal((await send(eventOf(), { secret: rolled })).status, 200);
  });

  it('refuses who cannot sign, keeps nothing of it, and counts it', async () => {
    const before = await count();
    const raw = JSON.stringify(eventOf());
    for (const signature of ['', 'v1=', 't=1,v1=00', sign(`${raw} `), sign(raw, { secret: 'whsec_other' }), '\u00e9'.repeat(100)]) {
      const answer = await post(raw, signature);
      assert.deepEqual([answer.status, typeOf(answer)], [400, 'bad-signature'], signature);
    }
    assert.equal(await count(), before);
    assert.deepEqual([new Set(heard), heard.length, nudges], [new Set(['bad-signature']), 6, 0]);
  });

  it('refuses what was signed long ago: somebody may have kept it', async () => {
    const answer = await send(eventOf(), { at: Date.now() - 302_000 });
    assert.deepEqual([answer.status, typeOf(answer)], [400, 'stale-signature']);
    assert.equal((await send(eventOf(), { at: Date.now() - 280_000 })).status, 200);
    assert.deepEqual(heard, ['stale-signature', 'stored']);
  });

  it('refuses a signed body that is no event', async () => {
    for (const raw of ['', 'none', '[]', 'null', '{"id":"evt_1"}', '{"id":"evt_\\u0000","type":"invoice.paid"}']) {
      const answer = await post(raw, sign(raw));
      assert.equal(answer.status, 400, raw);
    }
    assert.equal((await post('{}', sign('{}'), 'text/plain')).status, 415);
    const large = JSON.stringify(eventOf({ more: 'x'.repeat(1024 * 1024) }));
    assert.equal((await post(large, sign(large))).status, 413);
  });

  for (const [reason, change] of [
    ['of another account', { account: 'acct_other' }],
    ['of live mode', { livemode: true }],
    ['of an unknown type', { type: 'price.created' }],
  ] as const)
    it(`records an event ${reason}, and has Stripe not send it again`, async () => {
      const event = eventOf(change);
      assert.deepEqual((await send(event)).body, { status: 'refused', reason });
      const [row] = await rows([event.id]);
      assert.deepEqual([row?.status, row?.reason, row?.done_at === null], ['refused', reason, false]);
      assert.deepEqual([heard, nudges], [['refused'], 0]);
    });

  it('stores those that come at a time in a few statements', async () => {
    const events = Array.from({ length: 200 }, () => eventOf());
    const statements = await statementsOf(() => Promise.all(events.map((event) => send(event))));
    assert.equal((await rows(events.map(({ id }) => id))).length, 200);
    const inserts = statements.filter((text) => text.includes('insert into webhook_events')).length;
    assert.ok(inserts < 100, `${inserts} statements`);
  });
}).timeout(30_000);

describe('POST /webhooks/stripe without a database', () => {
  const away = openDatabase('postgres://nobody@127.0.0.1:9/none', { poolMax: 1 });
  const api = useApi(() => ({ main: away }));
  after(() => away.destroy());

  it('answers 503, so that Stripe comes again', async () => {
    const raw = JSON.stringify({ id: 'evt_1', type: 'invoice.paid', created: 1, livemode: false, data: { object: { id: 'in_1' } } });
    const signature = Stripe.webhooks.generateTestHeaderString({ payload: raw, secret: webhookSecret });
    const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
    assert.equal((await api.send('/webhooks/stripe', { method: 'POST', raw, headers })).status, 503);
  });
}).timeout(30_000);
