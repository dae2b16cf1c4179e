import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
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

/** Counts one more for each key, and says of each how many there were and for how many ms on they count. */
const countScript = `
local counts = {}
for at, key in ipairs(KEYS) do
  counts[at * 2 - 1] = redis.call('INCR', key)
  if counts[at * 2 - 1] == 1 then redis.call('PEXPIRE', key, ARGV[1]) end
  counts[at * 2] = redis.call('PTTL', key)
end
return counts`;
type Policy = keyof RateLimitSettings;
interface Count {
  readonly used: number;
  readonly leftMs: number;
}

/**
 * Counts several keys by one command: a limiter each would cost every request three. While Redis is away this process counts alone; a key
 * that is over its limit is not asked for again until its time is up.
 */
function createCounter(redis: Redis, settings: RateLimitSettings) {
  redis.defineCommand('countRequest', { lua: countScript });
  const counting = redis as Redis & { countRequest(keys: number, ...args: (string | number)[]): Promise<number[]> };
  const windowMs = windowSeconds * 1_000;
  const over = new LRUCache<string, number>({ max: 10_000, ttl: windowMs });
  const alone = (policy: Policy) =>
    new RateLimiterMemory({ keyPrefix: `limit:${policy}`, points: Number.MAX_SAFE_INTEGER, duration: windowSeconds });
  const own = { account: alone('account'), tenant: alone('tenant'), address: alone('address') };

  const here = async (policy: Policy, key: string): Promise<Count> => {
    const { consumedPoints, msBeforeNext } = await own[policy].consume(key);
    return { used: consumedPoints, leftMs: msBeforeNext };
  };
  const there = async (keys: readonly string[]): Promise<readonly Count[] | undefined> => {
    // An error is the connection's own, which has logged it.
    const counts =
      redis.status === 'ready' ? await counting.countRequest(keys.length, ...keys, windowMs).catch(() => undefined) : undefined;
    return counts && keys.map((_, at) => ({ used: counts[at * 2] ?? 0, leftMs: counts[at * 2 + 1] ?? 0 }));
  };
  return async (asked: readonly (readonly [Policy, string])[]): Promise<readonly Count[]> => {
    const keys = asked.map(([policy, key]) => `limit:${policy}:${key}`);
    const now = performance.now();
    const refused = keys.map((key) => (over.get(key) ?? 0) - now);
    if (refused.some((leftMs) => leftMs > 0)) return refused.map((leftMs) => ({ used: leftMs > 0 ? Infinity : 0, leftMs }));
    const counts = (await there(keys)) ?? (await Promise.all(asked.map(([policy, key]) => here(policy, key))));
    asked.forEach(([policy], at) => {
      const { used, leftMs } = counts[at] ?? { used: 0, leftMs: 0 };
      if (used > settings[policy]) over.set(keys[at] ?? '', now + leftMs);
    });
    return counts;
  };
}

/** Limits for the account, the tenant and the address of a request. */
export function createRateLimits({ redis, pseudonym, settings }: RateLimitDeps) {
  const policies = (['account', 'tenant', 'address'] as const).filter((policy) => settings[policy] > 0);
  const count = createCounter(redis, settings);
  const keyOf = ({ accountId, tenantId, address }: Counted, policy: Policy): string | undefined =>
    policy === 'account' ? accountId : policy === 'tenant' ? tenantId : pseudonym(networkOf(address));

  return {
    /** The policies, as the header `RateLimit-Policy` names them; empty when there are none. */
    policies: policies.map((policy) => `"${policy}";q=${settings[policy]};w=${windowSeconds}`).join(', '),
    /** Counts a request. Resolves to what is left; undefined when nothing limits it. Throws TooManyRequestsError. */
    take: async (counted: Counted): Promise<Allowance | undefined> => {
      const asked = policies.flatMap((policy) => {
        const key = keyOf(counted, policy);
        return key === undefined ? [] : [[policy, key] as const];
      });
      const counts = await count(asked);
      let nearest: Allowance | undefined;
      let refused: Allowance | undefined;
      asked.forEach(([policy], at) => {
        const { used, leftMs } = counts[at] ?? { used: 0, leftMs: 0 };
        const [remaining, resetSeconds] = [Math.max(settings[policy] - used, 0), Math.ceil(leftMs / 1_000)];
        if (used > settings[policy] && !(refused && refused.resetSeconds >= resetSeconds)) refused = { policy, remaining, resetSeconds };
        if (!nearest || remaining / settings[policy] < nearest.remaining / settings[nearest.policy])
          nearest = { policy, remaining, resetSeconds };
      });
      if (refused) throw new TooManyRequestsError(refused.policy, Math.max(refused.resetSeconds, 1));
      return nearest;
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
