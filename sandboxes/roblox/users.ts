import type { Clock } from '../support/clock.ts';
import { route } from '../support/http.ts';
import type { Route } from '../support/http.ts';
import type { Store } from '../support/store.ts';

interface User {
  readonly path: string;
  readonly createTime: string;
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly about: string;
  readonly locale: string;
}

/** Any id of up to 12 digits is a user, met on first sight; others are not found. Ids are text on the wire. */
export function userRoutes(store: Store, clock: Clock): Route[] {
  const users = store.collection<User>('users');
  return [
    route('GET /cloud/v2/users/{user_id}', (_, { user_id: id = '' }) => {
      if (!/^[1-9]\d{0,11}$/.test(id)) return { status: 404, body: { code: 'NOT_FOUND', message: `User ${id} does not exist.` } };
      const createTime = new Date(clock.nowMs()).toISOString();
      const user = users.get(id) ?? {
        path: `users/${id}`,
        createTime,
        id,
        name: `player${id}`,
        displayName: `Player ${id}`,
        about: '',
        locale: 'en_us',
      };
      users.put(id, user);
      return { status: 200, body: user };
    }),
  ];
}
