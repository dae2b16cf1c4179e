import type { Knex } from 'knex';
import type { Redis } from 'ioredis';
import type { Keyring } from '../../keyring.ts';
import type { Pseudonyms } from '../../pseudonyms.ts';
import type { ErasableStore } from '../store.ts';
import { endsWith, type Subject } from '../subject.ts';
import { termsOf } from '../terms.ts';

interface Deps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer'>;
  readonly redis: Redis;
  readonly pseudonyms: Pseudonyms;
}
const pageSize = 500;

/**
 * What counts a person's requests and sign-ins, under the account's id or a pseudonym of the login. All of it goes by itself within an
 * hour; so do the ids of tokens that were ended, which lead to nobody.
 */
export function redisStore({ knex, keyring, redis, pseudonyms }: Deps): ErasableStore {
  async function keysOf(subject: Subject): Promise<string[]> {
    if (!(await endsWith(knex, subject))) return [];
    const { login } = await termsOf({ knex, keyring }, subject);
    await pseudonyms.ready;
    const patterns = [`limit:account:${subject.accountId}`];
    if (login) {
      const who = pseudonyms.of(`login ${login.normalize('NFKC').trim().toLowerCase()}`);
      patterns.push(`limit:sign-in:${who}:*`, `limit:sign-in-login:${who}`, `limit:reset-login:${who}`);
    }
    const keys = new Set<string>();
    for (const pattern of patterns)
      for (let cursor = '0', done = false; !done; done = cursor === '0') {
        const [next, found] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', pageSize);
        for (const key of found) keys.add(key);
        cursor = next;
      }
    return [...keys];
  }

  return {
    place: 'redis',
    count: async (subject) => ({ keys: (await keysOf(subject)).length }),
    async erase(subject) {
      const keys = await keysOf(subject);
      if (keys.length > 0) await redis.del(...keys);
      return { counts: { keys: keys.length } };
    },
  };
}
