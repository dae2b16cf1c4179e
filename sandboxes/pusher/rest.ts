import { randomUUID } from 'node:crypto';
import { jsonBody, route } from '../support/http.ts';
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

export const restRoutes = (deps: RestDeps): Route[] => [...eventRoutes(deps), ...channelRoutes(deps), ...userRoutes(deps)];

const rootOf = (app: PusherApp) => `/apps/${app.appId}`;

function eventRoutes({ app, hub, ledger }: RestDeps): Route[] {
  function publish(trigger: Trigger): void {
    const { name, data } = trigger;
    const channels = channelsOf(trigger);
    for (const channel of channels) hub.publish(channel, name, data, trigger.socket_id);
    ledger.record({
      operation: 'POST /apps/{app_id}/events',
      businessKey: eventId(data),
      body: { name, channels, data },
      id: randomUUID(),
    });
  }
  return [
    route(`POST ${rootOf(app)}/events`, (request) => {
      const trigger = jsonBody(request) as Trigger;
      const refusal = objection(trigger);
      if (refusal) return refusal;
      publish(trigger);
      const told = channelsOf(trigger).map((name) => [name, channelInfo(hub, name, trigger.info)] as const);
      return { status: 200, body: trigger.info ? { channels: Object.fromEntries(told) } : {} };
    }),
    route(`POST ${rootOf(app)}/batch_events`, (request) => {
      const { batch } = jsonBody(request) as { batch?: Trigger[] };
      if (!Array.isArray(batch) || batch.length === 0 || batch.length > maxBatch)
        return plain(400, `A batch holds 1 to ${maxBatch} events`);
      const refusal = batch.map(objection).find((one) => one !== undefined);
      if (refusal) return refusal;
      batch.forEach(publish);
      const told = batch.map(({ channel = '', info }) => channelInfo(hub, channel, info));
      return { status: 200, body: batch.some(({ info }) => info) ? { batch: told } : {} };
    }),
  ];
}

function channelRoutes({ app, hub }: RestDeps): Route[] {
  const countsUsers = (query: URLSearchParams) => query.get('info')?.includes('user_count') ?? false;
  return [
    route(`GET ${rootOf(app)}/channels`, ({ query }) => {
      const prefix = query.get('filter_by_prefix') ?? '';
      if (countsUsers(query) && !isPresence(prefix)) return plain(400, 'user_count needs a presence- channel prefix');
      const names = hub.channels().filter((name) => name.startsWith(prefix));
      const told = names.map((name) => [name, channelInfo(hub, name, query.get('info'))] as const);
      return { status: 200, body: { channels: Object.fromEntries(told) } };
    }),
    route(`GET ${rootOf(app)}/channels/{channel_name}`, ({ query }, { channel_name: name = '' }) => {
      if (countsUsers(query) && !isPresence(name)) return plain(400, 'user_count needs a presence- channel');
      return { status: 200, body: { occupied: hub.subscriberCount(name) > 0, ...channelInfo(hub, name, query.get('info')) } };
    }),
    route(`GET ${rootOf(app)}/channels/{channel_name}/users`, (_, { channel_name: name = '' }) => {
      if (!isPresence(name)) return plain(400, 'Users can only be retrieved for presence channels');
      return { status: 200, body: { users: hub.members(name).map(({ user_id }) => ({ id: user_id })) } };
    }),
  ];
}

function userRoutes({ app, ledger, connections }: RestDeps): Route[] {
  const operation = 'POST /apps/{app_id}/users/{user_id}/terminate_connections';
  return [
    route(operation.replace('/apps/{app_id}', rootOf(app)), (_, { user_id = '' }) => {
      for (const connection of connections()) {
        if (connection.userId === user_id) connection.close(4009, 'You got disconnected by the app.');
      }
      ledger.record({ operation, businessKey: null, body: { user_id }, id: user_id });
      return { status: 200, body: {} };
    }),
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
