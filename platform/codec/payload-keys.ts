import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { TenantKeyMissingError } from '../../domain/errors.ts';
import { keyBytes } from '../envelope.ts';
import { newId } from '../ids.ts';
import type { createKeyCache, KeyCacheOptions } from '../key-cache.ts';
import type { HeldKey } from '../pii.ts';
import type { Vault } from '../vault.ts';
import { checkedKey, type createWrappedKeys, type WrappedKey, wrappingContext } from '../wrapped-keys.ts';

export interface PayloadKey {
  readonly id: string;
  /** Emptied when the tenant is destroyed, also for whoever holds it. */
  readonly held: HeldKey;
}
/** Where the codec gets its keys. Both throw TenantKeyMissingError when there is none (any more), and UnavailableError. */
export interface PayloadKeys {
  /** The key that seals the tenant's payloads now; one is made when there is none. */
  current(tenantId: string): Promise<PayloadKey>;
  /** The key that sealed a payload once. */
  named(tenantId: string, id: string): Promise<PayloadKey>;
}

interface Deps extends KeyCacheOptions {
  readonly stored: Pick<ReturnType<typeof createWrappedKeys>, 'ofPayloads' | 'insertPayloads'>;
  readonly vault: Pick<Vault, 'encryptBatch' | 'decryptBatch'>;
  readonly cache: ReturnType<typeof createKeyCache>;
}
const contextOf = wrappingContext.payload;

/** The tenants' payload keys, in the keyring's rows and its one bounded cache. Which one is current is forgotten after `ttlMs`. */
export function createPayloadKeys({ stored, vault, cache, ttlMs = 5 * 60_000 }: Deps) {
  const currents = new LRUCache<string, string>({ max: 10_000, ttl: ttlMs });
  // A replayed history asks for one key many times at once.
  const loading = new Map<string, Promise<PayloadKey>>();
  const together = (name: string, load: () => Promise<PayloadKey>): Promise<PayloadKey> => {
    const joined = loading.get(name) ?? load().finally(() => loading.delete(name));
    loading.set(name, joined);
    return joined;
  };

  const inMemory = (tenantId: string, id: string): PayloadKey | undefined => {
    const held = cache.get(tenantId, contextOf(id));
    return held && { id, held };
  };

  async function unwrap(tenantId: string, read: () => Promise<WrappedKey | undefined>): Promise<PayloadKey> {
    const mark = cache.mark();
    const found = await read();
    if (!found) throw new TenantKeyMissingError(tenantId);
    const { id, wrapped_key: ciphertext } = found;
    const [opened] = await vault.decryptBatch(tenantId, [{ context: contextOf(id), ciphertext }]);
    return { id, held: cache.put(tenantId, contextOf(id), checkedKey(opened), mark) };
  }

  /** Two that make one at the same time make two: each payload names its own, so both are good. */
  async function make(tenantId: string): Promise<WrappedKey> {
    const id = newId();
    const [wrapped] = await vault.encryptBatch(tenantId, [{ context: contextOf(id), plaintext: randomBytes(keyBytes) }]);
    const row = { id, wrapped_key: String(wrapped) };
    await stored.insertPayloads(tenantId, row);
    return row;
  }

  const named = async (tenantId: string, id: string): Promise<PayloadKey> =>
    inMemory(tenantId, id) ?? (await together(`${tenantId}/${id}`, () => unwrap(tenantId, () => stored.ofPayloads(tenantId, id))));

  const newest = (tenantId: string): Promise<PayloadKey> =>
    together(tenantId, async () => {
      const found = await unwrap(tenantId, async () => (await stored.ofPayloads(tenantId)) ?? (await make(tenantId)));
      currents.set(tenantId, found.id);
      return found;
    });

  return {
    named,
    current: async (tenantId: string): Promise<PayloadKey> => {
      const id = currents.get(tenantId);
      return id === undefined ? await newest(tenantId) : await named(tenantId, id);
    },
    /** Seals under a new key from now on; others follow within the cache's age. What older keys sealed still opens. */
    renew: async (tenantId: string): Promise<void> => {
      const { id } = await make(tenantId);
      currents.set(tenantId, id);
    },
    /** After the tenant's keys have been destroyed. */
    forget: (tenantId: string): void => void currents.delete(tenantId),
  };
}
