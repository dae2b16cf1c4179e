import { Redis } from 'ioredis';
import type { Logger } from './logger.ts';

/**
 * A Redis connection that never makes anyone wait: while the server is away commands fail at once, and it reconnects by itself, for ever.
 * Nothing that is kept there is needed after a loss.
 */
export function openRedis({ url }: { readonly url: string }, log: Pick<Logger, 'warn'>): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: 1,
    commandTimeout: 2_000,
    connectTimeout: 2_000,
    // Commands of one turn of the event loop leave together: a request asks and counts in one round trip.
    enableAutoPipelining: true,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  });
  redis.on('error', (err: unknown) => log.warn({ part: 'redis', err }, 'redis is away'));
  return redis;
}
