import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { platformTenantId } from '../../../domain/roles.ts';
import { inTenant, openDatabase } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { RobloxErasureRequest } from '../../../platform/models/roblox-erasure-request.ts';
import { WebhookEvent } from '../../../platform/models/webhook-event.ts';
import { openRequests } from '../../../platform/privacy/roblox-requests.ts';
import { createRobloxWebhook } from '../../../platform/roblox-webhook.ts';
import { robloxSecret, useApi } from '../../support/api.ts';
import type { Answer } from '../../support/http.ts';
import { databaseText } from '../../support/roblox-school.ts';

const old = 'old-secret';
const signed = (raw: string, { secret = robloxSecret, at = Date.now() } = {}): string => {
  const seconds = Math.floor(at / 1000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${raw}`).digest('base64')}`;
};
let players = 4_000_000;
const player = (): string => String((players += 1));

describe('POST /webhooks/roblox', () => {
  const heard: string[] = [];
  let nudges = 0;
  const api = useApi(() => ({
    robloxWebhook: createRobloxWebhook({ secrets: [robloxSecret, old] }),
    nudgeErasures: () => void (nudges += 1),
    metrics: { observe: () => undefined, heard: (_vendor, outcome) => void heard.push(outcome) },
  }));
  beforeEach(() => {
    heard.length = 0;
    nudges = 0;
  });

  const noticeOf = (userId: unknown = Number(player()), change: object = {}) => ({
    NotificationId: newId(),
    EventType: 'RightToErasureRequest',
    EventTime: '2026-11-27T16:24:24.2118874Z',
    EventPayload: { UserId: userId, GameIds: [1234, 2345] },
    ...change,
  });
  const post = (raw: string, signature: string) =>
    api.send('/webhooks/roblox', { method: 'POST', raw, headers: { 'content-type': 'application/json', 'roblox-signature': signature } });
  const send = (notice: object, how: Parameters<typeof signed>[1] = {}) => {
    const raw = JSON.stringify(notice, null, 1);
    return post(raw, signed(raw, how));
  };
  const stored = (ids: readonly string[]) =>
    inTenant(api.databases.main, platformTenantId, async (trx) => ({
      events: await WebhookEvent.query(trx).whereIn('id', [...ids]),
      requests: await RobloxErasureRequest.query(trx).whereIn('event_id', [...ids]),
    }));
  const typeOf = ({ body }: Answer): string => String(body?.['type']).replace(/^.*\//, '');

  it('stores who is to be forgotten, sealed, before it answers', async () => {
    const userId = player();
    const notice = noticeOf(Number(userId));
    assert.deepEqual((await send(notice)).body, { status: 'stored', reason: null });
    const { events, requests } = await stored([notice.NotificationId]);
    const [event, request] = [events[0], requests[0]];
    assert.deepEqual(
      [event?.vendor, event?.type, event?.status, event?.received_by, event?.object_id, event?.occurred_at.toISOString()],
      ['roblox', 'RightToErasureRequest', 'stored', 'webhook', request?.id, '2026-11-27T16:24:24.211Z'],
    );
    assert.deepEqual(await openRequests(api, [request?.id ?? '']), [{ id: request?.id, userId }]);
    assert.deepEqual([heard, nudges], [['stored'], 1]);
    assert.equal((await databaseText(api.databases)).includes(userId), false);
  });

  it('takes a notification once, however often it comes, and makes no second key', async () => {
    const notice = noticeOf();
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(notice)));
    assert.ok(answers.every(({ status }) => status === 200));
    assert.deepEqual((await send(notice)).body, { status: 'known', reason: null });
    assert.equal(heard.filter((outcome) => outcome === 'stored').length, 1);
    const { requests } = await stored([notice.NotificationId]);
    assert.equal(requests.length, 1);
  });

  it('takes the signature of either secret while one is changed, and ids as text', async () => {
    assert.equal((await send(noticeOf(player()), { secret: old })).status, 200);
  });

  it('refuses who cannot sign, keeps nothing of it, and counts it', async () => {
    const notice = noticeOf();
    const raw = JSON.stringify(notice);
    const at = Math.floor(Date.now() / 1000);
    for (const signature of ['', `t=${at}`, `t=${at},v1=`, signed(`${raw} `), signed(raw, { secret: 'another' }), '\u00e9'.repeat(50)]) {
      const answer = await post(raw, signature);
      assert.deepEqual([answer.status, typeOf(answer)], [400, 'bad-signature'], signature);
    }
    assert.deepEqual((await stored([notice.NotificationId])).events, []);
    assert.deepEqual([new Set(heard), heard.length, nudges], [new Set(['bad-signature']), 6, 0]);
  });

  it('refuses what was signed long ago, or long hence: somebody may have kept it', async () => {
    for (const away of [-602_000, 602_000]) {
      const answer = await send(noticeOf(), { at: Date.now() + away });
      assert.deepEqual([answer.status, typeOf(answer)], [400, 'stale-signature']);
    }
    assert.equal((await send(noticeOf(), { at: Date.now() - 580_000 })).status, 200);
  });

  it('refuses a signed body that is no notification', async () => {
    const bodies = ['', 'none', '[]', 'null', '{"NotificationId":"n"}', JSON.stringify(noticeOf(0)), JSON.stringify(noticeOf('1e5'))];
    bodies.push(JSON.stringify(noticeOf(1, { NotificationId: 'a b' })), JSON.stringify(noticeOf(1, { EventTime: 'yesterday' })));
    bodies.push(JSON.stringify({ ...noticeOf(), EventPayload: null }), JSON.stringify(noticeOf({ $gt: 1 })));
    for (const raw of bodies) assert.equal((await post(raw, signed(raw))).status, 400, raw);
  });

  for (const [reason, type] of [
    ['a test of the webhook', 'SampleNotification'],
    ['of an unknown type', 'SubscriptionPurchased'],
  ] as const)
    it(`records that one is ${reason}, and keeps nothing of whom it names`, async () => {
      const notice = noticeOf(Number(player()), { EventType: type });
      assert.deepEqual((await send(notice)).body, { status: 'refused', reason });
      const { events, requests } = await stored([notice.NotificationId]);
      assert.deepEqual([events[0]?.status, events[0]?.reason, requests], ['refused', reason, []]);
      assert.deepEqual((await send(notice)).body, { status: 'known', reason });
      assert.equal(nudges, 0);
    });

  describe('and POST /v1/privacy/roblox-erasures, for a notice that did not come', () => {
    const enter = (userIds: readonly string[], more: object = {}) =>
      api.send('/v1/privacy/roblox-erasures', { method: 'POST', as: 'compliance', body: { userIds, ...more } });

    it('takes players once, and knows whom a webhook named', async () => {
      const [first, second, third] = [player(), player(), player()];
      await send(noticeOf(Number(first)));
      nudges = 0;
      assert.deepEqual((await enter([first, second, second, third], { gameIds: ['1234'] })).body, { stored: 2, known: 1 });
      const twice = await Promise.all([enter([second]), enter([third])]);
      assert.deepEqual(
        twice.map(({ status, body }) => [status, body]),
        [
          [202, { stored: 0, known: 1 }],
          [202, { stored: 0, known: 1 }],
        ],
      );
      assert.equal(nudges, 1);
      assert.equal((await databaseText(api.databases)).includes(second), false);
    });

    it('stores one who is entered twice at a time once', async () => {
      const userId = player();
      const answers = await Promise.all([1, 2, 3, 4].map(() => enter([userId])));
      const total = answers.reduce((sum, { body }) => sum + Number(body?.['stored']), 0);
      assert.equal(total, 1);
    });

    it('refuses what is no number, and says where', async () => {
      const answer = await enter(['156', '-1', 'x']);
      assert.equal(answer.status, 422);
      assert.deepEqual((await enter([])).status, 422);
    });
  });
}).timeout(30_000);

describe('POST /webhooks/roblox without a database', () => {
  const away = openDatabase('postgres://nobody@127.0.0.1:9/none', { poolMax: 1 });
  const api = useApi(() => ({ main: away }));
  after(() => away.destroy());

  it('answers 503, so that Roblox comes again', async () => {
    const raw = JSON.stringify({
      NotificationId: 'n',
      EventType: 'RightToErasureRequest',
      EventTime: '2026-11-27T16:24:24Z',
      EventPayload: { UserId: 1 },
    });
    const headers = { 'content-type': 'application/json', 'roblox-signature': signed(raw) };
    assert.equal((await api.send('/webhooks/roblox', { method: 'POST', raw, headers })).status, 503);
  });
}).timeout(30_000);
