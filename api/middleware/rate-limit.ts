import { TooManyRequestsError } from '../../domain/errors.ts';
import type { Counted, RateLimits } from '../../platform/rate-limits.ts';
import type { Context } from '../support/route.ts';

export type Limits = Pick<RateLimits, 'take' | 'policies'>;

/** Counts the request and says in its answer how far it may go on (draft-ietf-httpapi-ratelimit-headers). Throws TooManyRequestsError. */
export async function limit({ take, policies }: Limits, ctx: Context, counted: Counted): Promise<void> {
  if (!policies) return;
  ctx.set('RateLimit-Policy', policies);
  const show = (policy: string, remaining: number, seconds: number): void =>
    ctx.set('RateLimit', `"${policy}";r=${remaining};t=${seconds}`);
  try {
    const left = await take(counted);
    if (left) show(left.policy, left.remaining, left.resetSeconds);
  } catch (error) {
    if (error instanceof TooManyRequestsError) show(error.limit, 0, error.retryAfterSeconds);
    throw error;
  }
}
