import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { createMail } from '../../platform/mail.ts';
import { createPush } from '../../platform/push.ts';
import { createStripe, stripeCall } from '../../platform/stripe.ts';
import { vendorError } from '../../platform/vendor-error.ts';
import { useSandbox } from '../support/sandbox.ts';

describe('platform/vendor-error', () => {
  it('takes a refusal as final and everything else as passing', () => {
    for (const status of [400, 401, 402, 403, 404, 413, 422])
      assert.equal(vendorError('V', { status }).code, 'vendor-refused', `${status}`);
    for (const status of [undefined, 302, 408, 409, 425, 429, 500, 502, 503])
      assert.equal(vendorError('V', { status }).code, 'vendor-unavailable', `${status}`);
  });
});

describe('platform/mail', () => {
  const sendgrid = useSandbox('sendgrid');
  const secretKey = 'SG.very-secret-key';
  const mailOf = (apiBase = sendgrid.url) =>
    createMail({ apiKey: secretKey, apiBase, from: 'hello@toolbox.example', activityLagSeconds: 0 });
  const letter = {
    to: { email: 'ada@lincoln.example' },
    subject: 'Hello',
    text: 'T',
    html: '<p>H</p>',
    dedupKey: 'key-1',
    category: 'invitation',
  };
  const failure = (call: Promise<unknown>) =>
    call.then(
      () => assert.fail('It was to fail.'),
      (error: unknown) => error,
    );
  beforeEach(() => sendgrid.control.reset());

  it('sends to the configured address, though setting the key resets it, and finds what it sent', async () => {
    const mail = mailOf();
    const sent = await mail.send(letter);
    assert.ok('messageId' in sent && sent.messageId.length > 0);
    assert.ok((await mail.findByDedupKey('key-1'))?.startsWith(sent.messageId));
    assert.equal(await mail.findByDedupKey('key-2'), undefined);
  });

  it('lets no tracker into its links, and tells SendGrid no more than the mail needs', async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (piece: string) => bodies.push(piece));
      request.on('end', () => response.writeHead(202, { 'x-message-id': 'm-1' }).end());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    assert.deepEqual(await mailOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).send(letter), { messageId: 'm-1' });
    server.close();
    assert.deepEqual(JSON.parse(bodies.join('')), {
      from: { email: 'hello@toolbox.example' },
      personalizations: [{ to: [{ email: 'ada@lincoln.example' }] }],
      subject: 'Hello',
      content: [
        { type: 'text/plain', value: 'T' },
        { type: 'text/html', value: '<p>H</p>' },
      ],
      categories: ['invitation'],
      custom_args: { dedup_key: 'key-1' },
      tracking_settings: { click_tracking: { enable: false, enable_text: false }, open_tracking: { enable: false } },
    });
  });

  it('says of a mail that it is refused, and throws when the sender is', async () => {
    const mail = mailOf();
    assert.deepEqual(await mail.send({ ...letter, to: { email: 'nowhere' } }), { refused: true });
    await sendgrid.control.addFault({ kind: 'status', status: 401, path: '/v3/mail/send' });
    await assert.rejects(mail.send(letter), { code: 'vendor-refused' });
  });

  it('waits as long as SendGrid says', async () => {
    const reset = String(Math.floor(Date.now() / 1000) + 30);
    await sendgrid.control.addFault({ kind: 'status', status: 429, headers: { 'x-ratelimit-reset': reset }, path: '/v3/mail/send' });
    const error = (await failure(mailOf().send(letter))) as { code: string; retryAfterSeconds: number };
    assert.equal(error.code, 'vendor-unavailable');
    assert.ok(error.retryAfterSeconds > 25 && error.retryAfterSeconds <= 30);
  });

  it('throws errors that hold neither the reader, the text nor the key', async () => {
    for (const fault of [{ kind: 'reset-before' }, { kind: 'status', status: 500 }, { kind: 'status', status: 403 }] as const) {
      await sendgrid.control.addFault({ ...fault, path: '/v3/mail/send' });
      assert.doesNotMatch(inspect(await failure(mailOf().send(letter)), { depth: 20, showHidden: true }), /lincoln|very-secret|<p>H/);
    }
    const away = await failure(mailOf('http://127.0.0.1:9').send(letter));
    assert.doesNotMatch(inspect(away, { depth: 20, showHidden: true }), /lincoln|very-secret|<p>H/);
  });
});

describe('platform/push', () => {
  const app = { appId: 'toolbox', key: 'toolbox-key', secret: 'toolbox-secret' };
  const pusher = useSandbox('pusher', { pusher: app });

  it('signs who may join a private channel', () => {
    const { auth } = createPush({ ...app, apiBase: pusher.url }).authorize('123.456', 'private-tenant-1');
    assert.equal(auth, `toolbox-key:${createHmac('sha256', app.secret).update('123.456:private-tenant-1').digest('hex')}`);
  });

  it('throws errors without the signed address', async () => {
    const push = createPush({ ...app, secret: 'wrong', apiBase: pusher.url });
    await assert.rejects(
      push.trigger('private-tenant-1', 'x', { id: '1' }),
      (error: unknown) => !inspect(error, { depth: 9 }).includes('auth_signature'),
    );
    const away = createPush({ ...app, apiBase: 'http://127.0.0.1:9' });
    await assert.rejects(away.trigger('private-tenant-1', 'x', { id: '1' }), { code: 'vendor-unavailable' });
  });
});

describe('platform/stripe', () => {
  const stripe = useSandbox('stripe');

  it('throws errors without the key', async () => {
    const client = createStripe({ secretKey: 'sk_test_very_secret', apiBase: stripe.url });
    await assert.rejects(stripeCall(client.customers.retrieve('cus_none')), (error: unknown) => {
      assert.equal((error as { code?: string }).code, 'vendor-refused');
      return !inspect(error, { depth: 9 }).includes('very_secret');
    });
  });

  it('passes on what is not of Stripe', async () => {
    await assert.rejects(stripeCall(Promise.reject(new RangeError('ours'))), RangeError);
  });
});
