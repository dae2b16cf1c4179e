import { LRUCache } from 'lru-cache';
import type { HeldKey } from './pii.ts';

export interface KeyCacheOptions {
  readonly maxKeys?: number;
  readonly ttlMs?: number;
}
interface Entry extends HeldKey {
  readonly tenantId: string;
}

export type KeyCache = ReturnType<typeof createKeyCache>;

/**
 * Unwrapped keys, bounded in number and age. A destroyed key is zeroed wherever it is held. An evicted one is only let go:
 * a sealer at work may still hold it, and sealing under zeroes would be worse than a key in memory for a little longer.
 */
export function createKeyCache({ maxKeys = 20_000, ttlMs = 5 * 60_000 }: KeyCacheOptions = {}) {
  const entries = new LRUCache<string, Entry>({ max: maxKeys, ttl: ttlMs });
  setInterval(() => entries.purgeStale(), ttlMs).unref(); // by itself the cache drops an old key only when it is asked for
  // A read that was under way while a key was destroyed must not bring it back.
  let destructions = 0;

  const destroy = (id: string): void => {
    const entry = entries.peek(id, { allowStale: true });
    if (entry) {
      entry.key?.fill(0);
      entry.key = undefined;
    }
    entries.delete(id);
  };

  return {
    get: (id: string): HeldKey | undefined => entries.get(id),
    /** A mark to take before reading keys from the database, for `put`. */
    mark: (): number => destructions,
    /** Keeps a key read since `mark`, unless something was destroyed meanwhile. Hands back what to use. */
    put(id: string, tenantId: string, key: Buffer, mark: number): HeldKey {
      const known = entries.get(id);
      if (known) return known;
      const entry: Entry = { tenantId, key };
      if (mark === destructions) entries.set(id, entry);
      return entry;
    },
    destroy(ids: readonly string[]): void {
      destructions += 1;
      ids.forEach(destroy);
    },
    destroyTenant(tenantId: string): void {
      destructions += 1;
      for (const [id, entry] of entries.dump()) if (entry.value.tenantId === tenantId) destroy(id);
    },
    get size(): number {
      return entries.size;
    },
  };
}
