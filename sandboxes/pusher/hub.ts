export interface Member {
  readonly user_id: string;
  readonly user_info?: unknown;
}

/** One open socket, seen from the channels. */
export interface Connection {
  readonly socketId: string;
  /** Sends a frame; `data` is encoded on its own, as the protocol wants it. */
  send(event: string, data: unknown, channel?: string, userId?: string): void;
  close(code: number, reason: string): void;
  /** Set by signing in. */
  userId?: string;
}

export interface HubEvents {
  occupied(channel: string): void;
  vacated(channel: string): void;
  memberAdded(channel: string, userId: string): void;
  memberRemoved(channel: string, userId: string): void;
}

/** Who is on which channel, and the sending to them. It lives with the sockets: nothing of it is kept. */
export interface Hub {
  subscribe(connection: Connection, channel: string, member?: Member): void;
  unsubscribe(connection: Connection, channel: string): void;
  leaveAll(connection: Connection): void;
  isOn(connection: Connection, channel: string): boolean;
  publish(channel: string, event: string, data: string, except?: string, userId?: string): void;
  channels(): readonly string[];
  subscriberCount(channel: string): number;
  members(channel: string): readonly Member[];
  memberOf(connection: Connection, channel: string): Member | undefined;
}

export const isPresence = (channel: string): boolean => channel.startsWith('presence-');

export function createHub(events: HubEvents): Hub {
  const channels = new Map<string, Map<Connection, Member | undefined>>();
  const on = (channel: string) => channels.get(channel) ?? new Map<Connection, Member | undefined>();
  /** A person with two sockets is one member. */
  const members = (channel: string) => [
    ...new Map([...on(channel).values()].flatMap((member) => (member ? [[member.user_id, member] as const] : []))).values(),
  ];

  function unsubscribe(connection: Connection, channel: string): void {
    const subscribers = channels.get(channel);
    const member = subscribers?.get(connection);
    if (!subscribers?.delete(connection)) return;
    if (member && !members(channel).some(({ user_id }) => user_id === member.user_id)) {
      for (const other of subscribers.keys()) other.send('pusher_internal:member_removed', { user_id: member.user_id }, channel);
      events.memberRemoved(channel, member.user_id);
    }
    if (subscribers.size > 0) return;
    channels.delete(channel);
    events.vacated(channel);
  }

  return {
    subscribe(connection, channel, member) {
      const isNewMember = member !== undefined && !members(channel).some(({ user_id }) => user_id === member.user_id);
      const others = [...on(channel).keys()];
      if (!channels.has(channel)) events.occupied(channel);
      channels.set(channel, on(channel).set(connection, member));
      connection.send('pusher_internal:subscription_succeeded', member ? presenceData(members(channel)) : {}, channel);
      if (!isNewMember) return;
      for (const other of others) other.send('pusher_internal:member_added', member, channel);
      events.memberAdded(channel, member.user_id);
    },
    unsubscribe,
    leaveAll: (connection) => {
      for (const channel of channels.keys()) unsubscribe(connection, channel);
    },
    isOn: (connection, channel) => on(channel).has(connection),
    publish(channel, event, data, except, userId) {
      for (const connection of on(channel).keys()) if (connection.socketId !== except) connection.send(event, data, channel, userId);
    },
    channels: () => [...channels.keys()],
    subscriberCount: (channel) => on(channel).size,
    members,
    memberOf: (connection, channel) => on(channel).get(connection),
  };
}

const presenceData = (members: readonly Member[]) => ({
  presence: {
    ids: members.map(({ user_id }) => user_id),
    hash: Object.fromEntries(members.map(({ user_id, user_info }) => [user_id, user_info ?? null])),
    count: members.length,
  },
});
