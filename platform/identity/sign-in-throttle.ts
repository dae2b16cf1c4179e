import type { Redis } from 'ioredis';
import { BadCredentialsError, BadOtpError, TooManyRequestsError } from '../../domain/errors.ts';
import type { Pseudonym } from '../pseudonyms.ts';
import { consume, createLimiter, networkOf } from '../rate-limits.ts';

export interface SignInThrottleDeps {
  readonly redis: Redis;
  readonly pseudonym: Pseudonym;
  /** Failures of a login from one address in a quarter of an hour; 0 is no limit. */
  readonly failures: number;
}
export interface Trying {
  readonly login: string;
  readonly address?: string | undefined;
}
export type SignInThrottle = ReturnType<typeof createSignInThrottle>;

const quarter = 15 * 60;

/**
 * Slows guessing down: of one login from one address, of one login from everywhere, of many logins from one address. A try is counted
 * before it is made, so that many at once are no way around, and given back unless the credentials were wrong. An unknown login counts
 * like any other: the answer tells nothing. Throws TooManyRequestsError.
 */
export function createSignInThrottle({ redis, pseudonym, failures }: SignInThrottleDeps) {
  const limiters = {
    pair: createLimiter(redis, 'sign-in', failures, quarter),
    login: createLimiter(redis, 'sign-in-login', failures * 5, 4 * quarter),
    address: createLimiter(redis, 'sign-in-address', failures * 20, quarter),
  };
  const keysOf = ({ login, address = '' }: Trying): readonly (readonly [keyof typeof limiters, string])[] => {
    const who = pseudonym(`login ${login.normalize('NFKC').trim().toLowerCase()}`);
    const where = pseudonym(networkOf(address));
    return [
      ['pair', `${who}:${where}`],
      ['login', who],
      ['address', where],
    ];
  };

  return {
    guard: async <T>(trying: Trying, attempt: () => Promise<T>): Promise<T> => {
      if (failures === 0) return attempt();
      const keys = keysOf(trying);
      const taken = await Promise.all(keys.map(([name, key]) => consume(limiters[name], key)));
      const waits = taken.filter(({ over }) => over).map(({ res }) => Math.ceil(res.msBeforeNext / 1000));
      if (waits.length > 0) throw new TooManyRequestsError('sign-in', Math.max(...waits, 1));
      const giveBack = () => Promise.all(keys.map(([name, key]) => limiters[name].reward(key)));
      try {
        const result = await attempt();
        await giveBack();
        return result;
      } catch (error) {
        if (!(error instanceof BadCredentialsError || error instanceof BadOtpError)) await giveBack();
        throw error;
      }
    },
  };
}
