import { route } from '../support/http.ts';
import type { Route } from '../support/http.ts';
import type { SendgridContext } from './context.ts';
import { SendgridFailure, badRequest } from './failure.ts';
import type { Message, MessageEvent } from './mail.ts';
import { compileQuery } from './query.ts';
import type { ReadField } from './query.ts';

/** The Activity API: how a caller asks what became of a mail it is not sure it sent. */
export function activityRoutes({ messages, clock, activityLagSeconds }: SendgridContext): Route[] {
  const isVisible = ({ acceptedAtMs }: Message) => acceptedAtMs + activityLagSeconds * 1000 <= clock.nowMs();
  return [
    route('GET /v3/messages', ({ query }) => {
      const limit = Number(query.get('limit') ?? 10);
      if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw badRequest('limit must be between 1 and 1000', 'limit');
      const source = query.get('query');
      if (!source) throw badRequest('query is required', 'query');
      const matches = compileQuery(source);
      const found = messages.values().filter((message) => isVisible(message) && matches(fieldsOf(message)));
      return { status: 200, body: { messages: found.toReversed().slice(0, limit).map(summary) } };
    }),
    route('GET /v3/messages/{msg_id}', (_, { msg_id = '' }) => {
      const message = messages.get(msg_id);
      if (!message || !isVisible(message)) throw new SendgridFailure(404, [{ message: 'message not found', field: 'msg_id' }]);
      return { status: 200, body: detail(message) };
    }),
  ];
}

const fieldsOf =
  (message: Message): ReadField =>
  (field, key) => {
    if (field === 'unique_args') return key === undefined ? undefined : message.customArgs[key];
    const fields: Record<string, string> = {
      msg_id: message.id,
      from_email: message.from,
      to_email: message.to,
      subject: message.subject,
      status: message.status,
      categories: message.categories.join(','),
    };
    return fields[field];
  };

const time = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

const summary = ({ id, from, to, subject, status, events }: Message) => ({
  from_email: from,
  msg_id: id,
  subject,
  to_email: to,
  status,
  opens_count: 0,
  clicks_count: 0,
  last_event_time: time(events.at(-1)?.at ?? 0),
});

const detail = ({ id, from, to, subject, status, events, categories, customArgs }: Message) => ({
  from_email: from,
  msg_id: id,
  subject,
  to_email: to,
  status,
  template_id: '',
  asm_group_id: 1,
  teammate: '',
  api_key_id: 'sandbox',
  events: events.map(eventDetail),
  originating_ip: '127.0.0.1',
  categories,
  unique_args: JSON.stringify(customArgs),
  outbound_ip: '127.0.0.1',
  outbound_ip_type: 'shared',
});

const eventDetail = ({ name, at, reason }: MessageEvent) => ({
  event_name: name,
  processed: time(at),
  http_user_agent: '',
  mx_server: name === 'delivered' ? 'mx.sandbox.invalid' : '',
  ...(reason === undefined ? {} : { reason }),
  ...(name === 'bounced' ? { bounce_type: 'hard' } : {}),
});
