import { randomInt } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { PusherApp } from '../support/kernel.ts';
import { isPresence } from './hub.ts';
import type { Connection, Hub, Member } from './hub.ts';
import { allows } from './signatures.ts';

const activityTimeoutSeconds = 120;
const clientEventsPerSecond = 10;
const maxChannelLength = 164;
const maxMembers = 100;

export interface SocketDeps {
  readonly app: PusherApp;
  readonly hub: Hub;
  readonly clientEvent: (channel: string, event: string, data: string, socketId: string, userId?: string) => void;
}

type Frame = { readonly event: string; readonly channel?: string; readonly data?: unknown };

/** Why this path or protocol version gets no connection: a close code and its words. */
function objection(app: PusherApp, url: URL): readonly [number, string] | undefined {
  const key = /^\/app\/([^/]+)\/?$/.exec(url.pathname)?.[1];
  if (key === undefined) return [4005, 'Path not found'];
  if (key !== app.key) return [4001, `App key ${key} not in this cluster. Did you forget to specify the cluster?`];
  const protocol = url.searchParams.get('protocol');
  if (protocol === null) return [4008, 'No protocol version supplied'];
  if (!/^\d+$/.test(protocol)) return [4006, 'Invalid version string format'];
  return protocol === '7' ? undefined : [4007, 'Unsupported protocol version'];
}

/** The open sockets of the app. `serve` speaks protocol 7 on one until it closes. */
export function createSockets(deps: SocketDeps) {
  const open = new Set<Connection>();
  return {
    all: () => open,
    serve(socket: WebSocket, message: IncomingMessage): void {
      const connection = createConnection(socket);
      const refused = objection(deps.app, new URL(message.url ?? '/', 'http://localhost'));
      if (refused) {
        connection.send('pusher:error', { code: refused[0], message: refused[1] });
        connection.close(...refused);
        return;
      }
      open.add(connection);
      socket.on('close', () => {
        open.delete(connection);
        deps.hub.leaveAll(connection);
      });
      speak(deps, socket, connection);
    },
    closeAll: () => {
      for (const connection of open) connection.close(4200, 'The sandbox was reset');
    },
  };
}

function speak({ app, hub, clientEvent }: SocketDeps, socket: WebSocket, connection: Connection): void {
  const takesClientEvent = rateLimiter(clientEventsPerSecond);
  const error = (code: number | null, text: string) => connection.send('pusher:error', { code, message: text });

  const handlers: Record<string, (data: Record<string, unknown>) => void> = {
    'pusher:ping': () => connection.send('pusher:pong', {}),
    'pusher:pong': () => undefined,
    'pusher:subscribe': (data) => subscribe(app, hub, connection, data),
    'pusher:unsubscribe': (data) => hub.unsubscribe(connection, String(data['channel'])),
    'pusher:signin': (data) => signIn(app, connection, data),
  };

  function handleClientEvent({ event, channel = '', data }: Frame): void {
    if (!/^(private-|presence-)/.test(channel) || !hub.isOn(connection, channel))
      return error(4301, 'Client event rejected - only supported on private and presence channels');
    if (!takesClientEvent()) return error(4301, 'Client event rejected due to rate limit');
    const userId = hub.memberOf(connection, channel)?.user_id;
    const text = typeof data === 'string' ? data : JSON.stringify(data ?? {});
    hub.publish(channel, event, text, connection.socketId, userId);
    clientEvent(channel, event, text, connection.socketId, userId);
  }

  socket.on('message', (raw: Buffer) => {
    const frame = decode(raw);
    if (!frame) return error(null, 'Invalid JSON');
    if (frame.event.startsWith('client-')) return handleClientEvent(frame);
    const handle = handlers[frame.event];
    if (handle) handle(typeof frame.data === 'object' && frame.data !== null ? (frame.data as Record<string, unknown>) : {});
    else error(null, `Invalid event: ${frame.event}`);
  });
  connection.send('pusher:connection_established', { socket_id: connection.socketId, activity_timeout: activityTimeoutSeconds });
}

function createConnection(socket: WebSocket): Connection {
  return {
    socketId: `${randomInt(1, 1e9)}.${randomInt(1, 1e9)}`,
    send(event, data, channel, userId) {
      const text = typeof data === 'string' ? data : JSON.stringify(data);
      socket.send(
        JSON.stringify({
          event,
          ...(channel === undefined ? {} : { channel }),
          data: text,
          ...(userId === undefined ? {} : { user_id: userId }),
        }),
      );
    },
    close: (code, reason) => socket.close(code, reason),
  };
}

function decode(raw: Buffer): Frame | undefined {
  try {
    const frame = JSON.parse(raw.toString('utf8')) as Partial<Frame> | null;
    return typeof frame?.event === 'string' ? (frame as Frame) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function subscribe(app: PusherApp, hub: Hub, connection: Connection, data: Record<string, unknown>): void {
  const channel = String(data['channel']);
  const refuse = (type: string, error: string, status: number) =>
    connection.send('pusher:subscription_error', { type, error, status }, channel);
  if (channel.startsWith('#server-to-user-')) {
    if (channel === `#server-to-user-${connection.userId}`) return hub.subscribe(connection, channel);
    return refuse('AuthError', 'Sign in as this user first', 401);
  }
  if (!/^[A-Za-z0-9_\-=@,.;]+$/.test(channel) || channel.length > maxChannelLength)
    return refuse('InvalidChannel', 'Invalid channel name', 400);
  if (!/^(private-|presence-)/.test(channel)) return hub.subscribe(connection, channel);
  const channelData = typeof data['channel_data'] === 'string' ? data['channel_data'] : undefined;
  const signed = [connection.socketId, channel, ...(channelData === undefined ? [] : [channelData])];
  if (!allows(app, String(data['auth']), ...signed)) return refuse('AuthError', 'Invalid signature', 401);
  if (!isPresence(channel)) return hub.subscribe(connection, channel);
  const member = memberFrom(channelData);
  if (!member) return refuse('InvalidChannelData', 'channel_data must hold a user_id of at most 128 characters', 400);
  if (hub.members(channel).length >= maxMembers) return refuse('LimitReached', 'The presence channel is full', 4004);
  hub.subscribe(connection, channel, member);
}

function memberFrom(channelData: string | undefined): Member | undefined {
  if (channelData === undefined) return undefined;
  const { user_id, user_info } = JSON.parse(channelData) as { user_id?: string | number; user_info?: unknown };
  const id = user_id === undefined ? '' : String(user_id);
  return id !== '' && id.length <= 128 ? { user_id: id, ...(user_info === undefined ? {} : { user_info }) } : undefined;
}

function signIn(app: PusherApp, connection: Connection, data: Record<string, unknown>): void {
  const userData = String(data['user_data']);
  if (!allows(app, String(data['auth']), connection.socketId, '', 'user', '', userData)) {
    connection.send('pusher:error', { code: 4009, message: 'Connection not authorized to sign in' });
    return connection.close(4009, 'Connection not authorized');
  }
  connection.userId = String((JSON.parse(userData) as { id: string | number }).id);
  connection.send('pusher:signin_success', { user_data: userData });
}

function rateLimiter(perSecond: number): () => boolean {
  let times: number[] = [];
  return () => {
    const now = Date.now();
    times = times.filter((time) => now - time < 1000);
    if (times.length >= perSecond) return false;
    times.push(now);
    return true;
  };
}
