import type { Redis } from 'ioredis';
import { TooManyRequestsError } from '../../domain/errors.ts';
import type { Pseudonym } from '../pseudonyms.ts';
import { consume, createLimiter, networkOf } from '../rate-limits.ts';
import type { Trying } from './sign-in-throttle.ts';

export type ResetThrottle = ReturnType<typeof createResetThrottle>;

const hour = 3_600;

/** Nobody's mailbox is to be filled: 3 resets of a login, known or not, and 60 from one address in an hour. Throws TooManyRequestsError. */
export function createResetThrottle({ redis, pseudonym }: { readonly redis: Redis; readonly pseudonym: Pseudonym }) {
  const perLogin = createLimiter(redis, 'reset-login', 3, hour);
  const perAddress = createLimiter(redis, 'reset-address', 60, hour);
  return {
    take: async ({ login, address = '' }: Trying): Promise<void> => {
      const taken = await Promise.all([
        consume(perLogin, pseudonym(`login ${login.normalize('NFKC').trim().toLowerCase()}`)),
        consume(perAddress, pseudonym(networkOf(address))),
      ]);
      const waits = taken.filter(({ over }) => over).map(({ res }) => Math.ceil(res.msBeforeNext / 1000));
      if (waits.length > 0) throw new TooManyRequestsError('password-reset', Math.max(...waits, 1));
    },
  };
}
