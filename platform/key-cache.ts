import { LRUCache } from 'lru-cache';
import { isId } from './ids.ts';
import type { HeldKey } from './pii.ts';

export interface KeyCacheOptions {
  readonly maxKeys?: number;
  readonly ttlMs?: number;
}

/** Names of keys that are no person's: they go by age alone, so that a moment without the keyring stops neither runs nor sign-ins. */
const isPersons = (id: string): boolean => isId(id);

/**
 * Unwrapped keys by tenant and id, bounded in number and age. A destroyed key is zeroed wherever it is held. An evicted one is only let
 * go: a sealer at work may still hold it, and sealing under zeroes would be worse than a key in memory for a little longer.
 * Once it was trusted, the keys of people are handed out only as long as it is (platform/key-watch.ts).
 */
export function createKeyCache({ maxKeys = 20_000, ttlMs = 5 * 60_000 }: KeyCacheOptions = {}) {
  const entries = new LRUCache<string, HeldKey>({ max: maxKeys, ttl: ttlMs });
  setInterval(() => entries.purgeStale(), ttlMs).unref(); // by itself the cache drops an old key only when it is asked for
  // A read that was under way while a key was destroyed must not bring it back.
  let destructions = 0;
  let trustedUntil = Infinity;

  // The tenant is part of the name: what one tenant has in memory must not answer another.
  const nameOf = (tenantId: string, id: string): string => `${tenantId}:${id}`;
  const destroy = (name: string): void => {
    const held = entries.peek(name, { allowStale: true });
    held?.key?.fill(0);
    if (held) held.key = undefined;
    entries.delete(name);
  };

  const get = (tenantId: string, id: string): HeldKey | undefined =>
    isPersons(id) && performance.now() > trustedUntil ? undefined : entries.get(nameOf(tenantId, id));

  return {
    get,
    /** A mark to take before reading keys from the database, for `put`. */
    mark: (): number => destructions,
    /** Keeps a key read since `mark`, unless something was destroyed meanwhile. Hands back what to use. */
    put(tenantId: string, id: string, key: Buffer, mark: number): HeldKey {
      const name = nameOf(tenantId, id);
      const known = get(tenantId, id);
      if (known) return known;
      const held: HeldKey = { key };
      if (mark === destructions) entries.set(name, held);
      return held;
    },
    destroy(tenantId: string, ids: readonly string[]): void {
      destructions += 1;
      for (const id of ids) destroy(nameOf(tenantId, id));
    },
    destroyTenant(tenantId: string): void {
      destructions += 1;
      const names = Array.from(entries.keys());
      for (const name of names) if (name.startsWith(nameOf(tenantId, ''))) destroy(name);
    },
    /** Nothing may have been destroyed unseen until this moment of `performance.now()`. */
    trust(until: number): void {
      trustedUntil = trustedUntil === Infinity ? until : Math.max(trustedUntil, until);
    },
    /** Lets go of every key: something was destroyed, and nobody knows what. */
    empty(): void {
      destructions += 1;
      entries.clear();
    },
    get size(): number {
      return entries.size;
    },
  };
}
