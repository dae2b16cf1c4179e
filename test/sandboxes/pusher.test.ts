import assert from 'node:assert/strict';
import { once } from 'node:events';
import type Pusher from 'pusher';
import PusherClient from 'pusher-js';
import type { Options } from 'pusher-js';
import { WebSocket } from 'ws';
import { defaultApp } from '../../sandboxes/pusher/pusher.ts';
import { startSandbox } from '../../sandboxes/support/start.ts';
import type { Sandbox } from '../../sandboxes/support/start.ts';
import { until } from '../support/until.ts';
import { pusherAt } from './support/clients.ts';
import { startReceiver } from './support/receiver.ts';

// In Node the package exports the class itself; its types say it exports an object that holds it.
type Client = InstanceType<typeof PusherClient.default>;
const PusherJs = PusherClient as unknown as typeof PusherClient.default;

describe('the Pusher sandbox', () => {
  let sandbox: Sandbox;
  let server: Pusher;
  const open: Client[] = [];

  beforeEach(async () => {
    sandbox = await startSandbox('pusher', { vacatedAfterMs: 20, webhookRetryMs: [20] });
    server = pusherAt(sandbox.url);
  });
  afterEach(async () => {
    for (const client of open.splice(0)) client.disconnect();
    await sandbox.stop();
  });

  /** A browser's client whose channels are authorised as `userId`, or not at all. */
  function connect(userId?: string, authorised = true): Client {
    const { hostname, port } = new URL(sandbox.url);
    const options: Options = {
      cluster: 'local',
      wsHost: hostname,
      wsPort: Number(port),
      forceTLS: false,
      enabledTransports: ['ws'],
      enableStats: false,
      channelAuthorization: {
        endpoint: '',
        transport: 'ajax',
        customHandler: ({ socketId, channelName }, callback) => {
          const presence = channelName.startsWith('presence-')
            ? { user_id: userId ?? 'nobody', user_info: { role: 'teacher' } }
            : undefined;
          const { auth, channel_data } = server.authorizeChannel(socketId, channelName, presence);
          callback(null, { auth: authorised ? auth : `${defaultApp.key}:0000`, ...(channel_data ? { channel_data } : {}) });
        },
      },
      userAuthentication: {
        endpoint: '',
        transport: 'ajax',
        customHandler: ({ socketId }, callback) => callback(null, server.authenticateUser(socketId, { id: userId ?? 'nobody' })),
      },
    };
    const client = new PusherJs(defaultApp.key, options);
    open.push(client);
    return client;
  }
  /** Everything a channel hears, in order. */
  function listen(client: Client, channel: string): [string, unknown][] {
    const heard: [string, unknown][] = [];
    client.subscribe(channel).bind_global((event: string, data: unknown) => heard.push([event, data]));
    return heard;
  }
  interface State {
    readonly channels?: Readonly<Record<string, { readonly user_count?: number }>>;
    readonly users?: readonly { readonly id: string }[];
    readonly subscription_count?: number;
  }
  const read = async (path: string, params: Record<string, string> = {}) => (await (await server.get({ path, params })).json()) as State;
  const joined = (heard: [string, unknown][]) => until(() => heard.some(([event]) => event === 'pusher:subscription_succeeded'));

  it('brings an event to a private channel that was authorised', async () => {
    const heard = listen(connect(), 'private-tenant-1');
    await joined(heard);
    await server.trigger('private-tenant-1', 'run-moved', { id: 'e1', step: 'reserve slug' });
    await until(() => heard.length === 2);
    assert.deepEqual(heard[1], ['run-moved', { id: 'e1', step: 'reserve slug' }]);
    const [effect] = await sandbox.control.ledger();
    assert.deepEqual([effect?.operation, effect?.businessKey], ['POST /apps/{app_id}/events', 'e1']);
  });

  it('keeps a socket with a wrong signature off a private channel', async () => {
    const heard = listen(connect(undefined, false), 'private-tenant-1');
    await until(() => heard.length > 0);
    assert.deepEqual(heard[0]?.[0], 'pusher:subscription_error');
    await server.trigger('private-tenant-1', 'run-moved', { id: 'e1' });
    assert.deepEqual(await read('/channels'), { channels: {} });
  });

  it('spares the socket that caused an event, and stops after unsubscribing', async () => {
    const [one, other] = [connect(), connect()];
    const [first, second] = [listen(one, 'news'), listen(other, 'news')];
    await joined(first);
    await joined(second);
    await server.trigger('news', 'a', {}, { socket_id: one.connection.socket_id });
    await server.trigger('news', 'b', {});
    await until(() => first.length === 2 && second.length === 3);
    assert.deepEqual(first.map(([event]) => event).slice(1), ['b']);
    one.unsubscribe('news');
    await until(async () => (await read('/channels/news', { info: 'subscription_count' })).subscription_count === 1);
  });

  it('tells the members of a presence channel of each other', async () => {
    const ada = listen(connect('ada'), 'presence-staff');
    await joined(ada);
    const bobClient = connect('bob');
    const bob = listen(bobClient, 'presence-staff');
    await joined(bob);
    await until(() => ada.some(([event]) => event === 'pusher:member_added'));
    assert.deepEqual(await read('/channels/presence-staff/users'), {
      users: [{ id: 'ada' }, { id: 'bob' }],
    });
    bobClient.disconnect();
    await until(() => ada.some(([event]) => event === 'pusher:member_removed'));
    const counted = await read('/channels', { filter_by_prefix: 'presence-', info: 'user_count' });
    assert.deepEqual(counted, { channels: { 'presence-staff': { user_count: 1 } } });
  });

  it('passes client events among members, with who sent them', async () => {
    const [adaClient, ada] = [connect('ada'), [] as unknown[]];
    const bobClient = connect('bob');
    adaClient.subscribe('presence-staff').bind('client-typing', (data: unknown, metadata: unknown) => ada.push([data, metadata]));
    const bob = listen(bobClient, 'presence-staff');
    await joined(bob);
    await until(async () => (await read('/channels/presence-staff/users')).users?.length === 2);
    bobClient.channel('presence-staff').trigger('client-typing', { on: true });
    await until(() => ada.length === 1);
    assert.deepEqual(ada, [[{ on: true }, { user_id: 'bob' }]]);
  });

  it('signs a person in, reaches them by name, and lets them be disconnected', async () => {
    const client = connect('42');
    const heard: unknown[] = [];
    client.user.bind('hello', (data: unknown) => heard.push(data));
    client.signin();
    await until(async () => '#server-to-user-42' in ((await read('/channels')).channels ?? {}));
    await server.sendToUser('42', 'hello', { id: 'e1' });
    await until(() => heard.length === 1);
    await server.terminateUserConnections('42');
    await until(() => client.connection.state === 'disconnected');
  });

  it('refuses what is too large, too much or not signed', async () => {
    await assert.rejects(server.trigger('news', 'a', 'x'.repeat(10_241)), { status: 413 });
    await server.trigger('news', 'a', 'x'.repeat(10_240));
    const batch = Array.from({ length: 11 }, () => ({ channel: 'news', name: 'a', data: {} }));
    await assert.rejects(server.triggerBatch(batch), { status: 400 });
    await server.triggerBatch(batch.slice(1));
    assert.equal((await sandbox.control.ledger()).length, 11);
    await assert.rejects(pusherAt(sandbox.url, 'other').trigger('news', 'a', {}), { status: 401 });
    await assert.rejects(server.get({ path: '/channels', params: { info: 'user_count' } }), { status: 400 });
  });

  for (const [what, path, code] of [
    ['another app', '/app/other?protocol=7', 4001],
    ['another path', '/other', 4005],
    ['no protocol', `/app/${defaultApp.key}`, 4008],
    ['another protocol', `/app/${defaultApp.key}?protocol=5`, 4007],
  ] as const) {
    it(`closes a socket that asks for ${what} with ${code}`, async () => {
      const socket = new WebSocket(`${sandbox.url.replace('http', 'ws')}${path}`);
      const frames: string[] = [];
      socket.on('message', (frame: Buffer) => frames.push(frame.toString()));
      const [closed] = (await once(socket, 'close')) as [number];
      assert.equal(closed, code);
      assert.match(String(frames[0]), /pusher:error/);
    });
  }

  it('answers a ping, and encodes the data of a frame on its own', async () => {
    const socket = new WebSocket(`${sandbox.url.replace('http', 'ws')}/app/${defaultApp.key}?protocol=7`);
    const frames: { event: string; data: string }[] = [];
    socket.on('message', (frame: Buffer) => frames.push(JSON.parse(frame.toString()) as (typeof frames)[0]));
    await until(() => frames.length === 1);
    assert.equal((JSON.parse(frames[0]?.data ?? '') as { activity_timeout: number }).activity_timeout, 120);
    socket.send(JSON.stringify({ event: 'pusher:ping', data: {} }));
    await until(() => frames.length === 2);
    assert.equal(frames[1]?.event, 'pusher:pong');
    for (const frame of [
      'nonsense',
      '{"event":"pusher_internal:member_added","data":{}}',
      '{"event":"client-x","channel":"private-none","data":{}}',
    ])
      socket.send(frame);
    await until(() => frames.length === 5);
    assert.deepEqual(
      frames.slice(2).map(({ event }) => event),
      ['pusher:error', 'pusher:error', 'pusher:error'],
    );
    socket.close();
  });

  it('tells its webhook when a channel is occupied and vacated, signed as the SDK wants', async () => {
    const receiver = await startReceiver();
    await sandbox.control.call('PUT', '/webhook', { url: receiver.url });
    const client = connect();
    await joined(listen(client, 'news'));
    client.disconnect();
    await until(() => receiver.received.length === 2);
    receiver.stop();
    const told = receiver.received.map(({ headers, body }) => server.webhook({ headers, rawBody: body }));
    assert.deepEqual(
      told.map((hook) => hook.isValid()),
      [true, true],
    );
    assert.deepEqual(
      told.flatMap((hook) => hook.getEvents()),
      [
        { name: 'channel_occupied', channel: 'news' },
        { name: 'channel_vacated', channel: 'news' },
      ],
    );
    assert.equal(
      pusherAt(sandbox.url, 'other')
        .webhook({ headers: receiver.received[0]?.headers ?? {}, rawBody: receiver.received[0]?.body ?? '' })
        .isValid(),
      false,
    );
  });
});
