import { randomText } from '../support/ids.ts';
import { jsonBody, route } from '../support/http.ts';
import type { Reply, Route, SandboxRequest } from '../support/http.ts';
import type { SendgridContext } from './context.ts';
import { SendgridFailure } from './failure.ts';
import type { Address, Mail, Message, MessageEvent, Personalization } from './mail.ts';
import { validateMail } from './validate-mail.ts';

/** `POST /v3/mail/send`: 202 means queued; here everything is delivered, dropped or bounced at once. */
export function sendRoutes(context: SendgridContext): Route[] {
  return [route('POST /v3/mail/send', (request) => send(context, readMail(context, request)))];
}

function readMail({ clock }: SendgridContext, request: SandboxRequest): Mail {
  if (!String(request.headers['content-type']).startsWith('application/json')) {
    throw new SendgridFailure(415, [{ message: 'Content-Type should be application/json.', field: null }]);
  }
  if (request.rawBody.length > 30 * 1024 * 1024)
    throw new SendgridFailure(413, [{ message: 'Payload too large: 30 MB at most.', field: null }]);
  return validateMail(jsonBody(request), clock.now());
}

function send(context: SendgridContext, mail: Mail): Reply {
  if (mail.mail_settings?.['sandbox_mode']?.enable) return { status: 200, body: {} };
  const xMessageId = randomText(22);
  const messages = mail.personalizations.flatMap((one) => accept(context, mail, one, xMessageId));
  context.tellOf(messages);
  return { status: 202, headers: { 'x-message-id': xMessageId } };
}

/** One message for each recipient, and one effect for the personalization: that is what a dedup_key names. */
function accept(context: SendgridContext, mail: Mail, one: Personalization, xMessageId: string): Message[] {
  const customArgs = { ...mail.custom_args, ...one.custom_args };
  const render = (text: string) =>
    Object.entries(one.substitutions ?? {}).reduce((result, [tag, value]) => result.replaceAll(tag, value), text);
  const contentOf = (type: string) => {
    const value = mail.content.find((block) => block.type === type)?.value;
    return value === undefined ? null : render(value);
  };
  const content = { subject: render(one.subject ?? mail.subject ?? ''), text: contentOf('text/plain'), html: contentOf('text/html') };
  const from = (one.from ?? mail.from).email;
  const messages = recipientsOf(one).map((to, index): Message => {
    const events = fate(context, mail, to.email);
    return {
      id: `${xMessageId}.recvd-sandbox-${randomText(8)}.${index}`,
      xMessageId,
      from,
      to: to.email,
      ...content,
      status: events.at(-1)?.name === 'delivered' ? 'delivered' : 'not_delivered',
      customArgs,
      categories: mail.categories ?? [],
      acceptedAtMs: context.clock.nowMs(),
      events,
    };
  });
  for (const message of messages) context.messages.put(message.id, message);
  context.ledger.record({
    operation: 'POST /v3/mail/send',
    businessKey: customArgs['dedup_key'] ?? null,
    body: { from: one.from ?? mail.from, to: one.to, cc: one.cc ?? [], bcc: one.bcc ?? [], ...content, customArgs },
    id: messages[0]?.id ?? '',
  });
  return messages;
}

const recipientsOf = ({ to, cc = [], bcc = [] }: Personalization): readonly Address[] => [...to, ...cc, ...bcc];

/** Suppressed addresses are dropped (the send was still a 202); `@bounce.example` bounces for good. */
function fate({ clock, suppressions }: SendgridContext, mail: Mail, email: string): MessageEvent[] {
  const at = clock.now();
  const reason = mail.mail_settings?.['bypass_list_management']?.enable ? undefined : suppressions.reasonFor(email);
  if (reason) return [{ name: 'dropped', at, reason }];
  if (!email.toLowerCase().endsWith('@bounce.example'))
    return [
      { name: 'processed', at },
      { name: 'delivered', at },
    ];
  const bounce = '550 5.1.1 The email account that you tried to reach does not exist.';
  suppressions.add('bounces', email, bounce);
  return [
    { name: 'processed', at },
    { name: 'bounced', at, reason: bounce },
  ];
}
