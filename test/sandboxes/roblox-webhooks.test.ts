import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { startSandbox } from '../../sandboxes/support/start.ts';
import type { Sandbox } from '../../sandboxes/support/start.ts';
import { until } from '../support/until.ts';
import { startReceiver } from './support/receiver.ts';
import type { Receiver } from './support/receiver.ts';

const secret = 'dashboard-secret';

describe('webhooks of the Roblox sandbox', () => {
  let sandbox: Sandbox;
  let receiver: Receiver;
  beforeEach(async () => {
    sandbox = await startSandbox('roblox', { webhookRetryMs: [20, 20, 20, 20, 20] });
    receiver = await startReceiver();
    await sandbox.control.call('PUT', '/webhook', { url: receiver.url, secret });
  });
  afterEach(async () => {
    receiver.stop();
    await sandbox.stop();
  });
  const request = (userId = 156) =>
    sandbox.control.call<{ notificationId: string }>('POST', '/erasure-requests', { userId, gameIds: [1234] });
  const bodies = () => receiver.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);

  it('are signed over the raw body, as documented', async () => {
    const { notificationId } = await request();
    await until(() => receiver.received.length === 1);
    const [first] = receiver.received;
    const [, at = '', signature = ''] = /^t=(\d+),v1=(.+)$/.exec(String(first?.headers['roblox-signature'])) ?? [];
    assert.equal(createHmac('sha256', secret).update(`${at}.${first?.body}`).digest('base64'), signature);
    const [{ EventTime: time, ...event } = {}] = bodies();
    assert.deepEqual(event, {
      NotificationId: notificationId,
      EventType: 'RightToErasureRequest',
      EventPayload: { UserId: 156, GameIds: [1234] },
    });
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
  });

  it('come five times more when they are not taken, and then never again', async () => {
    receiver.answerWith(500);
    await request();
    await until(() => receiver.received.length === 6);
    receiver.answerWith(200);
    await request(157);
    await until(() => receiver.received.length === 7);
    assert.equal(new Set(bodies().map(({ NotificationId: id }) => id)).size, 2);
  });

  it('come twice, or never, when a fault says so', async () => {
    await sandbox.control.addFault({ kind: 'drop-webhook', event: 'RightToErasureRequest' });
    await request(1);
    await sandbox.control.addFault({ kind: 'duplicate-webhook', event: 'RightToErasureRequest' });
    await request(2);
    await until(() => receiver.received.length === 2);
    assert.deepEqual(
      bodies().map(({ EventPayload: payload }) => (payload as { UserId: number }).UserId),
      [2, 2],
    );
  });

  it('carry a time alone without a secret, and a sample when one is asked for', async () => {
    await sandbox.control.call('PUT', '/webhook', { url: receiver.url });
    await sandbox.control.call('POST', '/sample-notifications', { userId: 5 });
    await until(() => receiver.received.length === 1);
    assert.match(String(receiver.received[0]?.headers['roblox-signature']), /^t=\d+$/);
    assert.deepEqual([bodies()[0]?.['EventType'], bodies()[0]?.['EventPayload']], ['SampleNotification', { UserId: 5 }]);
  });
});
