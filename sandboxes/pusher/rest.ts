import { randomUUID } from 'node:crypto';
import { jsonBody } from '../support/http.ts';
import type { Reply, Route } from '../support/http.ts';
import type { Kernel, PusherApp } from '../support/kernel.ts';
import { isPresence } from './hub.ts';
import type { Connection, Hub } from './hub.ts';

const maxDataBytes = 10_240;
const maxEventName = 200;
const maxChannels = 100;
const maxBatch = 10;

interface Trigger {
  readonly name: string;
  readonly data: string;
  readonly channels?: readonly string[];
  readonly channel?: string;
  readonly socket_id?: string;
  readonly info?: string;
}

export interface RestDeps {
  readonly app: PusherApp;
  readonly hub: Hub;
  readonly ledger: Kernel['ledger'];
  readonly connections: () => Iterable<Connection>;
}

const plain = (status: number, text: string): Reply => ({ status, text });

export function restRoutes({ app, hub, ledger, connections }: RestDeps): Route[] {
  const root = `/apps/${app.appId}`;

  function publish(trigger: Trigger): void {
    const channels = channelsOf(trigger);
    for (const channel of channels) hub.publish(channel, trigger.name, trigger.data, trigger.socket_id);
    const { name, data } = trigger;
    ledger.record({
      operation: 'POST /apps/{app_id}/events',
      businessKey: eventId(data),
      body: { name, channels, data },
      id: randomUUID(),
    });
  }
  const info = (channel: string, wanted: string | null | undefined) => channelInfo(hub, channel, wanted);

  return [
    {
      method: 'POST',
      path: `${root}/events`,
      handle: (request) => {
        const trigger = jsonBody(request) as Trigger;
        const refusal = objection(trigger);
        if (refusal) return refusal;
        publish(trigger);
        return {
          status: 200,
          body: trigger.info ? { channels: Object.fromEntries(channelsOf(trigger).map((name) => [name, info(name, trigger.info)])) } : {},
        };
      },
    },
    {
      method: 'POST',
      path: `${root}/batch_events`,
      handle: (request) => {
        const { batch } = jsonBody(request) as { batch?: Trigger[] };
        if (!Array.isArray(batch) || batch.length === 0 || batch.length > maxBatch)
          return plain(400, `A batch holds 1 to ${maxBatch} events`);
        const refusal = batch.map(objection).find((one) => one !== undefined);
        if (refusal) return refusal;
        batch.forEach(publish);
        return { status: 200, body: batch.some((one) => one.info) ? { batch: batch.map((one) => info(one.channel ?? '', one.info)) } : {} };
      },
    },
    {
      method: 'GET',
      path: `${root}/channels`,
      handle: ({ query }) => {
        const prefix = query.get('filter_by_prefix') ?? '';
        if (query.get('info')?.includes('user_count') && !isPresence(prefix))
          return plain(400, 'Cannot retrieve the user count unless the channel filter is a presence channel prefix');
        const names = hub.channels().filter((name) => name.startsWith(prefix));
        return { status: 200, body: { channels: Object.fromEntries(names.map((name) => [name, info(name, query.get('info'))])) } };
      },
    },
    {
      method: 'GET',
      path: `${root}/channels/{channel_name}`,
      handle: ({ query }, { channel_name: name = '' }) => {
        if (query.get('info')?.includes('user_count') && !isPresence(name))
          return plain(400, 'Cannot retrieve the user count unless the channel is a presence channel');
        return { status: 200, body: { occupied: hub.subscriberCount(name) > 0, ...info(name, query.get('info')) } };
      },
    },
    {
      method: 'GET',
      path: `${root}/channels/{channel_name}/users`,
      handle: (_, { channel_name: name = '' }) =>
        isPresence(name)
          ? { status: 200, body: { users: hub.members(name).map(({ user_id }) => ({ id: user_id })) } }
          : plain(400, 'Users can only be retrieved for presence channels'),
    },
    {
      method: 'POST',
      path: `${root}/users/{user_id}/terminate_connections`,
      handle: (_, { user_id = '' }) => {
        for (const connection of connections())
          if (connection.userId === user_id) connection.close(4009, 'You got disconnected by the app.');
        ledger.record({
          operation: 'POST /apps/{app_id}/users/{user_id}/terminate_connections',
          businessKey: null,
          body: { user_id },
          id: user_id,
        });
        return { status: 200, body: {} };
      },
    },
  ];
}

const channelsOf = ({ channels, channel }: Trigger): readonly string[] => channels ?? (channel === undefined ? [] : [channel]);

function objection(trigger: Trigger): Reply | undefined {
  const channels = channelsOf(trigger);
  if (typeof trigger.name !== 'string' || trigger.name === '' || trigger.name.length > maxEventName)
    return plain(400, `The event name must have 1 to ${maxEventName} characters`);
  if (typeof trigger.data !== 'string') return plain(400, 'The data must be a string');
  if (Buffer.byteLength(trigger.data) > maxDataBytes)
    return plain(413, `The data content of this event exceeds the allowed maximum (${maxDataBytes} bytes)`);
  if (channels.length === 0 || channels.length > maxChannels) return plain(400, `An event goes to 1 to ${maxChannels} channels`);
  const wrong = channels.find((name) => !/^(?:[A-Za-z0-9_\-=@,.;]{1,164}|#server-to-user-.+)$/.test(name));
  if (wrong !== undefined) return plain(400, `Invalid channel name: ${wrong}`);
  if (trigger.socket_id !== undefined && !/^\d+\.\d+$/.test(trigger.socket_id)) return plain(400, 'Invalid socket id');
  return undefined;
}

function channelInfo(hub: Hub, channel: string, wanted: string | null | undefined): { user_count?: number; subscription_count?: number } {
  const asked = (wanted ?? '').split(',');
  return {
    ...(asked.includes('user_count') && isPresence(channel) ? { user_count: hub.members(channel).length } : {}),
    ...(asked.includes('subscription_count') ? { subscription_count: hub.subscriberCount(channel) } : {}),
  };
}

/** The id the sender gave the event, by which receivers drop repeats. */
function eventId(data: string): string | null {
  try {
    const parsed = JSON.parse(data) as { id?: unknown } | null;
    return typeof parsed?.id === 'string' ? parsed.id : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
