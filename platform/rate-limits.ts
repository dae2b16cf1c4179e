import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { TooManyRequestsError } from '../domain/errors.ts';
import type { Pseudonym } from './pseudonyms.ts';

/** Requests a minute; 0 is no limit. */
export interface RateLimitSettings {
  readonly account: number;
  readonly tenant: number;
  readonly address: number;
}
export interface RateLimitDeps {
  readonly redis: Redis;
  readonly pseudonym: Pseudonym;
  readonly settings: RateLimitSettings;
}
/** Who a request is counted for. */
export interface Counted {
  readonly accountId?: string;
  readonly tenantId?: string;
  readonly address: string;
}
/** What is left of the limit that is nearest. */
export interface Allowance {
  readonly policy: keyof RateLimitSettings;
  readonly remaining: number;
  readonly resetSeconds: number;
}
export type RateLimits = ReturnType<typeof createRateLimits>;

export const windowSeconds = 60;

/** A network gives each of its hosts a /64: within it the address is the visitor's to choose. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('::');
  const before = head ? head.split(':') : [];
  const after = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(8 - before.length - after.length, 0) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}

/** A counter in Redis. While Redis is away, and for who is over the limit already, it counts in this process. */
export function createLimiter(redis: Redis, name: string, points: number, duration: number): RateLimiterRedis {
  return new RateLimiterRedis({
    storeClient: redis,
    keyPrefix: `limit:${name}`,
    points,
    duration,
    inMemoryBlockOnConsumed: points,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory({ keyPrefix: `limit:${name}`, points, duration }),
  });
}

/** Limits for the account, the tenant and the address of a request. Their commands leave in one round trip (automatic pipelining). */
export function createRateLimits({ redis, pseudonym, settings }: RateLimitDeps) {
  const limiters = (['account', 'tenant', 'address'] as const)
    .filter((policy) => settings[policy] > 0)
    .map((policy) => ({ policy, limiter: createLimiter(redis, policy, settings[policy], windowSeconds) }));
  const keyOf = ({ accountId, tenantId, address }: Counted) =>
    ({ account: accountId, tenant: tenantId, address: pseudonym(networkOf(address)) }) as const;

  return {
    /** The policies, as the header `RateLimit-Policy` names them; empty when there are none. */
    policies: limiters.map(({ policy }) => `"${policy}";q=${settings[policy]};w=${windowSeconds}`).join(', '),
    /** Counts a request. Resolves to what is left; undefined when nothing limits it. Throws TooManyRequestsError. */
    take: async (counted: Counted): Promise<Allowance | undefined> => {
      const keys = keyOf(counted);
      const taken = await Promise.all(
        limiters.map(async ({ policy, limiter }) => {
          const key = keys[policy];
          return key === undefined ? [] : [{ policy, ...(await consume(limiter, key)) }];
        }),
      );
      const all = taken.flat().map(({ policy, res, over }) => ({
        policy,
        over,
        remaining: res.remainingPoints,
        resetSeconds: Math.ceil(res.msBeforeNext / 1000),
      }));
      const over = all.filter((one) => one.over).sort((one, other) => other.resetSeconds - one.resetSeconds)[0];
      if (over) throw new TooManyRequestsError(over.policy, Math.max(over.resetSeconds, 1));
      const share = ({ policy, remaining }: Allowance): number => remaining / settings[policy];
      return all.sort((one, other) => share(one) - share(other))[0];
    },
  };
}

/** One point of a key. A limiter rejects with its result when there is none left, with an error when it cannot tell. */
export async function consume(limiter: RateLimiterRedis, key: string): Promise<{ res: RateLimiterRes; over: boolean }> {
  try {
    return { res: await limiter.consume(key), over: false };
  } catch (rejected) {
    if (rejected instanceof RateLimiterRes) return { res: rejected, over: true };
    throw rejected;
  }
}
