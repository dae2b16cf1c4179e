import type { createKeyCache } from './key-cache.ts';
import type { Destruction, KeyNews } from './key-news.ts';

export interface WatchOptions {
  /** How often the keyring is asked how many destructions there have been; default: 1 s. */
  readonly everyMs?: number;
  /** How long an answer is good for; default: 3 s. */
  readonly trustMs?: number;
}
interface Deps extends WatchOptions {
  readonly news: KeyNews;
  readonly cache: Pick<ReturnType<typeof createKeyCache>, 'destroy' | 'destroyTenant' | 'empty' | 'trust'>;
  readonly generation: () => Promise<number>;
}

/**
 * Empties this process's cache of what other processes destroy: at once, when the news comes; within `everyMs` when it was lost, since the
 * keyring counts destructions in the transaction that does them; and when the keyring does not answer either, the keys of people are not
 * handed out any more after `trustMs`. So no process hands out a person's key more than `trustMs` after its destruction was committed.
 */
export function watchDestructions({ news, cache, generation, everyMs = 1_000, trustMs = 3_000 }: Deps) {
  /** Destructions up to here have been seen; those after it that were heard of already wait in `ahead`. */
  let seen: number | undefined;
  const ahead = new Set<number>();

  const note = (heard: number): void => {
    ahead.add(heard);
    while (seen !== undefined && ahead.delete(seen + 1)) seen += 1;
  };
  const hear = ({ generation: heard, tenantId, ids }: Destruction): void => {
    if (ids) cache.destroy(tenantId, ids);
    else cache.destroyTenant(tenantId);
    note(heard);
  };

  async function check(): Promise<void> {
    const askedAt = performance.now();
    const counted = await generation();
    // What was held before the first answer may have been destroyed before it, too.
    if (seen === undefined || counted > seen) {
      cache.empty();
      seen = counted;
      for (const heard of ahead) if (heard <= counted) ahead.delete(heard);
    }
    cache.trust(askedAt + trustMs);
  }
  const checkSoon = (): void => void check().catch((err: unknown) => news.logger.warn({ part: 'keyring', err }, 'destroyed keys unknown'));

  cache.trust(-1);
  news.listen(hear, checkSoon);
  const timer = setInterval(checkSoon, everyMs).unref();
  checkSoon();

  return {
    /** Tells the others of a destruction that is committed here and has emptied this cache. */
    tell: async (destruction: Destruction): Promise<void> => {
      note(destruction.generation);
      await news.tell(destruction);
    },
    close: (): void => {
      clearInterval(timer);
      news.close();
    },
  };
}
