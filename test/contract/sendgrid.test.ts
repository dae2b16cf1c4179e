import assert from 'node:assert/strict';
import type { Sandbox } from '../../sandboxes/support/start.ts';
import { sendgridAt } from '../sandboxes/support/clients.ts';
import { describeContract } from './support/suite.ts';

type Client = ReturnType<typeof sendgridAt>;

describeContract('sendgrid', async ({ proxy, sandbox }) => {
  const client = sendgridAt(proxy.url);
  await mails(client);
  await suppressions(client, sandbox);
  await webhooks(client);
  await client.request({ method: 'POST', url: '/v3/recipients/erasejob', body: { email_addresses: ['ada@school.example'] } });
  await assert.rejects(client.request({ method: 'POST', url: '/v3/recipients/erasejob', body: { email_addresses: [] } }), { code: 400 });
  await assert.rejects(sendgridAt(proxy.url, 'SG.').request({ method: 'POST', url: '/v3/mail/send', body: mail('x@school.example') }), {
    code: 401,
  });
});

const mail = (to: string) => ({
  personalizations: [{ to: [{ email: to, name: 'Ada' }], custom_args: { dedup_key: `invite:${to}` } }],
  from: { email: 'hello@toolbox.example', name: 'ToolboxAI' },
  subject: 'Welcome',
  content: [
    { type: 'text/plain', value: 'Hello' },
    { type: 'text/html', value: '<p>Hello</p>' },
  ],
  categories: ['invitation'],
  custom_args: { run: 'r1' },
  tracking_settings: { click_tracking: { enable: false, enable_text: false } },
});

async function mails(client: Client): Promise<void> {
  for (const to of ['ada@school.example', 'bob@bounce.example', 'bob@bounce.example'])
    await client.request({ method: 'POST', url: '/v3/mail/send', body: mail(to) });
  await client.request({
    method: 'POST',
    url: '/v3/mail/send',
    body: { ...mail('ada@school.example'), mail_settings: { sandbox_mode: { enable: true } } },
  });
  await assert.rejects(
    client.request({
      method: 'POST',
      url: '/v3/mail/send',
      body: { ...mail('ada@school.example'), personalizations: [{ to: [{ email: 'x@school.example' }, { email: 'x@school.example' }] }] },
    }),
    { code: 400 },
  );
  for (const to of ['ada@school.example', 'bob@bounce.example']) {
    const query = `unique_args['dedup_key']="invite:${to}" AND to_email="${to}"`;
    const [, body] = await client.request({ method: 'GET', url: '/v3/messages', qs: { query, limit: 10 } });
    for (const { msg_id } of (body as { messages: { msg_id: string }[] }).messages)
      await client.request({ method: 'GET', url: `/v3/messages/${msg_id}` });
  }
  await assert.rejects(client.request({ method: 'GET', url: '/v3/messages', qs: { query: 'nonsense' } }), { code: 400 });
  await assert.rejects(client.request({ method: 'GET', url: '/v3/messages/none' }), { code: 404 });
}

async function suppressions(client: Client, { control }: Sandbox): Promise<void> {
  for (const list of ['bounces', 'blocks', 'invalid_emails', 'spam_reports']) {
    await control.call('POST', '/suppressions', { list, email: 'bob@bounce.example' });
    await client.request({ method: 'GET', url: `/v3/suppression/${list}`, qs: { limit: 10, offset: 0 } });
    await client.request({ method: 'GET', url: `/v3/suppression/${list}/bob@bounce.example` });
    await client.request({ method: 'DELETE', url: `/v3/suppression/${list}/bob@bounce.example` });
  }
  for (const list of ['bounces', 'blocks', 'invalid_emails', 'spam_reports'])
    await client.request({ method: 'DELETE', url: `/v3/suppression/${list}`, body: { delete_all: true } });
  await client.request({ method: 'POST', url: '/v3/asm/suppressions/global', body: { recipient_emails: ['bob@school.example'] } });
  await client.request({ method: 'GET', url: '/v3/suppression/unsubscribes' });
  await client.request({ method: 'GET', url: '/v3/asm/suppressions/global/bob@school.example' });
  await client.request({ method: 'DELETE', url: '/v3/asm/suppressions/global/bob@school.example' });
}

async function webhooks(client: Client): Promise<void> {
  const settings = '/v3/user/webhooks/event/settings';
  const [, made] = await client.request({
    method: 'POST',
    url: settings,
    body: { url: 'http://127.0.0.1:1/', delivered: true, friendly_name: 'Ours' },
  });
  const { id } = made as { id: string };
  await client.request({ method: 'PATCH', url: `${settings}/${id}`, body: { url: 'http://127.0.0.1:2/', enabled: false } });
  await client.request({ method: 'PATCH', url: `${settings}/signed/${id}`, body: { enabled: true } });
  await client.request({ method: 'GET', url: `${settings}/signed/${id}` });
  await client.request({ method: 'GET', url: `${settings}/${id}` });
  await client.request({ method: 'GET', url: `${settings}/all` });
  await client.request({ method: 'DELETE', url: `${settings}/${id}` });
}
