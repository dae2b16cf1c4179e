import assert from 'node:assert/strict';
import { verify } from 'node:crypto';
import sendgridMail from '@sendgrid/mail';
import { startSandbox } from '../../sandboxes/support/start.ts';
import type { Sandbox } from '../../sandboxes/support/start.ts';
import { until } from '../support/until.ts';
import { sendgridAt } from './support/clients.ts';
import { startReceiver } from './support/receiver.ts';

type Client = ReturnType<typeof sendgridAt>;
interface Found {
  readonly msg_id: string;
  readonly to_email: string;
  readonly status: string;
}
const mail = (to: string, dedup_key = `invite:${to}`) => ({
  to,
  from: 'hello@toolbox.example',
  subject: 'Welcome',
  text: 'Hello',
  html: '<p>Hello</p>',
  customArgs: { dedup_key },
});

describe('the SendGrid sandbox', () => {
  let sandbox: Sandbox;
  let client: Client;
  beforeEach(async () => {
    sandbox = await startSandbox('sendgrid', { webhookRetryMs: [20] });
    client = sendgridAt(sandbox.url);
    sendgridMail.setClient(client);
  });
  afterEach(() => sandbox.stop());

  const search = async (query: string, limit = 10) => {
    const [, body] = await client.request({ method: 'GET', url: '/v3/messages', qs: { query, limit } });
    return (body as { messages: Found[] }).messages;
  };
  const send = (body: unknown) => client.request({ method: 'POST', url: '/v3/mail/send', body: body as object });
  const raw = {
    personalizations: [{ to: [{ email: 'ada@school.example' }] }],
    from: { email: 'hello@toolbox.example' },
    subject: 'Hi',
    content: [{ type: 'text/plain', value: 'Hello' }],
  };

  it('takes a mail: 202, its id in a header, its text in the outbox, its key in the ledger', async () => {
    const [answer] = await sendgridMail.send(mail('ada@school.example'));
    const id = (answer.headers as Record<string, string>)['x-message-id'];
    assert.deepEqual([answer.statusCode, answer.body], [202, '']);
    const { messages } = await sandbox.control.call<{ messages: { xMessageId: string; subject: string; html: string }[] }>(
      'GET',
      '/messages?to=ADA@school.example',
    );
    assert.deepEqual(
      messages.map(({ xMessageId, subject, html }) => [xMessageId, subject, html]),
      [[id, 'Welcome', '<p>Hello</p>']],
    );
    const [effect] = await sandbox.control.ledger();
    assert.deepEqual([effect?.operation, effect?.businessKey], ['POST /v3/mail/send', 'invite:ada@school.example']);
  });

  it('tells by its activity which mails went out: by our key, by recipient, by id', async () => {
    for (const to of ['ada@school.example', 'bob@school.example']) await sendgridMail.send(mail(to));
    const [ada] = await search(`(unique_args['dedup_key']="invite:ada@school.example")`);
    assert.deepEqual([ada?.to_email, ada?.status], ['ada@school.example', 'delivered']);
    assert.deepEqual(await search(`unique_args['dedup_key']="invite:nobody"`), []);
    assert.equal((await search(`msg_id="${ada?.msg_id}" AND to_email='ada@school.example'`)).length, 1);
    assert.deepEqual(await search(`to_email="ada@school.example" AND status!="delivered"`), []);
    assert.deepEqual(
      (await search(`subject LIKE "Wel%" AND (to_email="x" OR unique_args['dedup_key'] IN ("a","invite:bob@school.example"))`)).map(
        ({ to_email }) => to_email,
      ),
      ['bob@school.example'],
    );
    assert.equal((await search('status="delivered"', 1)).length, 1);
    const [, detail] = await client.request({ method: 'GET', url: `/v3/messages/${ada?.msg_id}` });
    assert.deepEqual(
      (detail as { events: { event_name: string }[] }).events.map(({ event_name }) => event_name),
      ['processed', 'delivered'],
    );
  });

  for (const query of [
    'to_email',
    'colour="red"',
    'to_email="a" AND',
    '(to_email="a"',
    'to_email="a" to_email="b"',
    'to_email > "a"',
    '"',
  ]) {
    it(`does not understand the query ${query}`, () => assert.rejects(search(query), { code: 400 }));
  }

  it('shows a mail in its activity only after the lag it was started with', async () => {
    const slow = await startSandbox('sendgrid', { activityLagSeconds: 60 });
    client = sendgridAt(slow.url);
    await send({ ...raw, custom_args: { dedup_key: 'k' } });
    assert.deepEqual(await search(`unique_args['dedup_key']="k"`), []);
    await slow.control.clock({ advanceSeconds: 60 });
    assert.equal((await search(`unique_args['dedup_key']="k"`)).length, 1);
    await slow.stop();
  });

  const [everyone] = raw.personalizations;
  const refusals: readonly [string, object, string][] = [
    ['no sender', { from: undefined }, 'from.email'],
    ['a sender that is no address', { from: { email: 'hello' } }, 'from.email'],
    ['no personalization', { personalizations: [] }, 'personalizations'],
    ['nobody to send to', { personalizations: [{ to: [] }] }, 'personalizations.0.to'],
    ['a recipient that is no address', { personalizations: [{ to: [{ email: 'ada@' }] }] }, 'personalizations.0.to.0.email'],
    [
      'the same recipient twice',
      { personalizations: [{ to: [{ email: 'a@b.example' }], cc: [{ email: 'A@b.example' }] }] },
      'personalizations.0',
    ],
    [
      'more than 1000 recipients',
      { personalizations: Array.from({ length: 501 }, (_, n) => ({ to: [{ email: `a${n}@b.example` }, { email: `b${n}@b.example` }] })) },
      'personalizations',
    ],
    [
      'a custom argument that is no text',
      { personalizations: [{ ...everyone, custom_args: { n: 1 } }] },
      'personalizations.0.custom_args.n',
    ],
    ['too long custom arguments', { custom_args: { n: 'x'.repeat(10_001) } }, 'custom_args'],
    ['no subject', { subject: '' }, 'subject'],
    ['no content', { content: [] }, 'content'],
    ['empty content', { content: [{ type: 'text/plain', value: '' }] }, 'content.0.value'],
    [
      'HTML before plain text',
      {
        content: [
          { type: 'text/html', value: 'x' },
          { type: 'text/plain', value: 'x' },
        ],
      },
      'content',
    ],
    ['eleven categories', { categories: Array.from({ length: 11 }, (_, n) => `c${n}`) }, 'categories'],
    ['a send time in a week', { send_at: Math.floor(Date.now() / 1000) + 7 * 86_400 }, 'send_at'],
    ['a header of its own', { headers: { Subject: 'x' } }, 'headers'],
  ];
  for (const [what, change, field] of refusals) {
    it(`refuses ${what} and names the field`, async () => {
      const refusal = await send({ ...raw, ...change }).catch(
        (error: unknown) => error as { code: number; response: { body: { errors: { field: string }[] } } },
      );
      assert.ok('response' in refusal);
      assert.deepEqual([refusal.code, refusal.response.body.errors.map((error) => error.field)], [400, [field]]);
      assert.deepEqual(await sandbox.control.ledger(), []);
    });
  }

  it('needs a key, and knows its own', async () => {
    await assert.rejects(sendgridAt(sandbox.url, 'other').request({ method: 'GET', url: '/v3/messages' }), { code: 401 });
  });

  it('only checks a mail in sandbox mode', async () => {
    const [answer] = await send({ ...raw, mail_settings: { sandbox_mode: { enable: true } } });
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(await sandbox.control.ledger(), []);
  });

  it('bounces what goes to bounce.example, then drops it, until the bounce is removed', async () => {
    const last = async () => (await search('to_email="bob@bounce.example"', 1))[0];
    const eventsOf = async (id = '') => {
      const [, body] = await client.request({ method: 'GET', url: `/v3/messages/${id}` });
      return (body as { events: { event_name: string; reason?: string }[] }).events.map(({ event_name, reason }) => reason ?? event_name);
    };
    await sendgridMail.send(mail('bob@bounce.example'));
    assert.match(String(await eventsOf((await last())?.msg_id)), /^processed,550 5\.1\.1/);
    await sendgridMail.send(mail('bob@bounce.example'));
    assert.deepEqual(await eventsOf((await last())?.msg_id), ['Bounced Address']);
    await client.request({ method: 'DELETE', url: '/v3/suppression/bounces/bob@bounce.example' });
    await sendgridMail.send(mail('bob@bounce.example'));
    assert.match(String(await eventsOf((await last())?.msg_id)), /^processed,/);
  });

  it('forgets a person: messages and suppressions are gone', async () => {
    for (const to of ['bob@bounce.example', 'ada@school.example']) await sendgridMail.send(mail(to));
    const [answer, body] = await client.request({
      method: 'POST',
      url: '/v3/recipients/erasejob',
      body: { email_addresses: ['BOB@bounce.example'] },
    });
    assert.equal(answer.statusCode, 202);
    assert.ok((body as { job_id: string }).job_id);
    assert.deepEqual(
      (await search('status LIKE "%"')).map(({ to_email }) => to_email),
      ['ada@school.example'],
    );
    const [, bounces] = await client.request({ method: 'GET', url: '/v3/suppression/bounces' });
    assert.deepEqual(bounces, []);
  });

  it('sends the events it was asked for, signed, with our arguments beside its own', async () => {
    const receiver = await startReceiver();
    const settings = '/v3/user/webhooks/event/settings';
    const [, made] = await client.request({ method: 'POST', url: settings, body: { url: receiver.url, delivered: true, bounce: true } });
    const { id } = made as { id: string };
    const [, signed] = await client.request({ method: 'PATCH', url: `${settings}/signed/${id}`, body: { enabled: true } });
    await sendgridMail.send({ ...mail('ada@school.example'), customArgs: { dedup_key: 'k', email: 'ours loses' } });
    await until(() => receiver.received.length === 1);
    receiver.stop();
    const [{ headers, body }] = receiver.received as [(typeof receiver.received)[0]];
    const key = `-----BEGIN PUBLIC KEY-----\n${(signed as { public_key: string }).public_key}\n-----END PUBLIC KEY-----`;
    const signature = Buffer.from(String(headers['x-twilio-email-event-webhook-signature']), 'base64');
    const stamped = (text: string) => Buffer.from(`${String(headers['x-twilio-email-event-webhook-timestamp'])}${text}`);
    assert.equal(verify('sha256', stamped(body), key, signature), true);
    assert.equal(verify('sha256', stamped(`${body} `), key, signature), false);
    const events = JSON.parse(body) as { event: string; email: string; dedup_key: string }[];
    assert.deepEqual(
      events.map(({ event, email, dedup_key }) => [event, email, dedup_key]),
      [['delivered', 'ada@school.example', 'k']],
    );
  });
});
