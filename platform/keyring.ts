import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { UndecipherableError } from '../domain/errors.ts';
import { platformTenantId } from '../domain/roles.ts';
import { createBlindIndex, type BlindIndex } from './blind-index.ts';
import { createPayloadKeys } from './codec/payload-keys.ts';
import { keyBytes } from './envelope.ts';
import { createKeyCache, type KeyCacheOptions } from './key-cache.ts';
import type { KeyNews } from './key-news.ts';
import { watchDestructions, type WatchOptions } from './key-watch.ts';
import type { HeldKey } from './pii.ts';
import { createSubjectKeys } from './subject-keys.ts';
import type { Vault } from './vault.ts';
import { checkedKey, createWrappedKeys, wrappingContext } from './wrapped-keys.ts';

export interface KeyringDeps {
  /** The keyring cluster, not the main one. */
  readonly knex: Knex;
  readonly vault: Pick<Vault, 'encryptBatch' | 'decryptBatch' | 'deleteTenantKey'>;
  readonly cache?: KeyCacheOptions;
  /** Where destructions are told to other processes. Without it keys go by their age, and by what is destroyed here. */
  readonly news?: KeyNews;
  readonly watch?: WatchOptions;
}
export type Keyring = ReturnType<typeof createKeyring>;

const indexContext = wrappingContext.index();

const wrapNew = (vault: KeyringDeps['vault'], tenantId: string, contexts: readonly string[]): Promise<string[]> =>
  vault.encryptBatch(
    tenantId,
    contexts.map((context) => ({ context, plaintext: randomBytes(keyBytes) })),
  );

/**
 * The keys of people and the tenants' blind indexes. Keys are 32 random bytes, stored wrapped by the tenant's key in the vault, and kept
 * unwrapped in memory only, bounded in number and time. Every call may throw UnavailableError and TenantKeyMissingError.
 */
export function createKeyring({ knex, vault, cache: cacheOptions, news, watch: watchOptions }: KeyringDeps) {
  const cache = createKeyCache(cacheOptions);
  const stored = createWrappedKeys(knex);
  const subjectKeys = createSubjectKeys({ stored, vault, cache });
  const payloadKeys = createPayloadKeys({ stored, vault, cache, ...cacheOptions });
  const watch = news && watchDestructions({ news, cache, generation: stored.generation, ...watchOptions });

  async function indexKey(tenantId: string): Promise<HeldKey> {
    const known = cache.get(tenantId, indexContext);
    if (known) return known;
    const mark = cache.mark();
    const ciphertext = (await stored.ofIndex(tenantId)) ?? (await makeIndexKey(tenantId));
    const [key] = await vault.decryptBatch(tenantId, [{ context: indexContext, ciphertext }]);
    return cache.put(tenantId, indexContext, checkedKey(key), mark);
  }

  async function makeIndexKey(tenantId: string): Promise<string> {
    for (const wrapped of await wrapNew(vault, tenantId, [indexContext])) await stored.insertIndex(tenantId, wrapped);
    const agreed = await stored.ofIndex(tenantId); // another maker may have been first: its key is the one
    if (!agreed) throw new UndecipherableError('index_keys.wrapped_key');
    return agreed;
  }

  return {
    /** Makes a key for each subject that has none. Idempotent, and safe against another maker: the first key written stays. */
    createSubjectKeys: subjectKeys.create,
    /** A sealer for these subjects. One without a key is no error here: sealing or opening for it throws KeyDestroyedError. */
    sealer: subjectKeys.sealerOf,
    /**
     * As createSubjectKeys and then sealer, for subjects that are new: one request to the vault and one transaction. Their keys are
     * written, wrapped, before it resolves. Whoever has a key already keeps it.
     */
    sealerOfNew: subjectKeys.sealerOfNew,
    /**
     * Deletes the keys and the index rows of these subjects, and empties their keys in every process (platform/key-watch.ts says how soon).
     * Idempotent. Resolves to when, by the keyring's clock; they are in its files until platform/shred-keys.ts has been there.
     */
    destroySubjectKeys: async (tenantId: string, subjectIds: readonly string[]): Promise<Date> => {
      const { generation, at } = await stored.deleteSubjects(tenantId, subjectIds);
      cache.destroy(tenantId, subjectIds);
      await watch?.tell({ generation, tenantId, ids: subjectIds });
      return at;
    },
    /** Deletes every key and index of a tenant, and its key in the vault: nothing sealed for it opens again. Idempotent. */
    destroyTenant: async (tenantId: string): Promise<void> => {
      if (tenantId === platformTenantId) throw new Error('The platform tenant is never destroyed.');
      const { generation } = await stored.deleteTenant(tenantId);
      cache.destroyTenant(tenantId);
      payloadKeys.forget(tenantId);
      await watch?.tell({ generation, tenantId });
      await vault.deleteTenantKey(tenantId);
    },
    /** The tenant's blind index; its key is made when it is first asked for. */
    blindIndex: async (tenantId: string): Promise<BlindIndex> => createBlindIndex({ knex, tenantId, held: await indexKey(tenantId) }),
    payloadKeys,
    /** Stops listening to other processes. */
    close: (): void => watch?.close(),
    /** How many unwrapped keys are in memory. */
    get cachedKeys(): number {
      return cache.size;
    },
  };
}
