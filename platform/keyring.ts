import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { UndecipherableError } from '../domain/errors.ts';
import { platformTenantId } from '../domain/roles.ts';
import { createBlindIndex, type BlindIndex } from './blind-index.ts';
import { inChunks } from './chunks.ts';
import { inTenant } from './database.ts';
import { keyBytes } from './envelope.ts';
import { createKeyCache, type KeyCacheOptions } from './key-cache.ts';
import { createSealer, type HeldKey, type Sealer } from './pii.ts';
import { queryRows } from './query-rows.ts';
import type { Vault } from './vault.ts';

export interface KeyringDeps {
  /** The keyring cluster, not the main one. */
  readonly knex: Knex;
  readonly vault: Pick<Vault, 'encryptBatch' | 'decryptBatch' | 'deleteTenantKey'>;
  readonly cache?: KeyCacheOptions;
}
export type Keyring = ReturnType<typeof createKeyring>;

const rowsAtOnce = { size: 5_000, parallel: 2 };
const indexKeyContext = 'blind-index';
interface WrappedKey {
  readonly id: string;
  readonly wrapped_key: string;
}

/**
 * The keys of people and the tenants' blind indexes. Keys are 32 random bytes, stored wrapped by the tenant's key in the vault, and kept
 * unwrapped in memory only, bounded in number and time. Every call may throw UnavailableError and TenantKeyMissingError.
 */
export function createKeyring({ knex, vault, cache: cacheOptions }: KeyringDeps) {
  const cache = createKeyCache(cacheOptions);

  const wrap = async (tenantId: string, contexts: readonly string[]): Promise<string[]> =>
    vault.encryptBatch(
      tenantId,
      contexts.map((context) => ({ context, plaintext: randomBytes(keyBytes) })),
    );

  /** The held keys of those ids that have one, in any order. */
  async function load(tenantId: string, ids: readonly string[]): Promise<Map<string, HeldKey>> {
    const held = new Map<string, HeldKey>();
    const absent: string[] = [];
    for (const id of new Set(ids)) {
      const known = cache.get(tenantId, id);
      if (known) held.set(id, known);
      else absent.push(id);
    }
    const mark = cache.mark();
    const rows = await inChunks(absent, rowsAtOnce, (chunk) => readWrapped(tenantId, chunk));
    const keys = await vault.decryptBatch(
      tenantId,
      rows.map(({ id, wrapped_key }) => ({ context: id, ciphertext: wrapped_key })),
    );
    rows.forEach(({ id }, index) => held.set(id, cache.put(tenantId, id, checked(keys[index]), mark)));
    return held;
  }

  const readWrapped = (tenantId: string, ids: readonly string[]): Promise<WrappedKey[]> =>
    inTenant(knex, tenantId, (trx) => {
      const sql = 'select subject_id as id, wrapped_key from subject_keys where tenant_id = ? and subject_id = any(?::uuid[])';
      return queryRows<WrappedKey>(trx, sql, [tenantId, ids]);
    });

  async function indexKey(tenantId: string): Promise<HeldKey> {
    const known = cache.get(tenantId, indexKeyContext);
    if (known) return known;
    const mark = cache.mark();
    const wrapped = (await readIndexKey(tenantId)) ?? (await makeIndexKey(tenantId));
    const [key] = await vault.decryptBatch(tenantId, [{ context: indexKeyContext, ciphertext: wrapped }]);
    return cache.put(tenantId, indexKeyContext, checked(key), mark);
  }

  const readIndexKey = (tenantId: string): Promise<string | undefined> =>
    inTenant(knex, tenantId, async (trx) => {
      const row = await trx<{ tenant_id: string; wrapped_key: string }>('index_keys').where({ tenant_id: tenantId }).first('wrapped_key');
      return row?.wrapped_key;
    });

  async function makeIndexKey(tenantId: string): Promise<string> {
    const [wrapped] = await wrap(tenantId, [indexKeyContext]);
    await inTenant(knex, tenantId, (trx) => trx('index_keys').insert({ tenant_id: tenantId, wrapped_key: wrapped }).onConflict().ignore());
    const agreed = await readIndexKey(tenantId); // another maker may have been first: its key is the one
    if (!agreed) throw new UndecipherableError('index_keys.wrapped_key');
    return agreed;
  }

  return {
    /** Makes a key for each subject that has none. Idempotent, and safe against another maker: the first key written stays. */
    async createSubjectKeys(tenantId: string, subjectIds: readonly string[]): Promise<void> {
      await inChunks([...new Set(subjectIds)], rowsAtOnce, async (chunk) => {
        const present = new Set((await readWrapped(tenantId, chunk)).map(({ id }) => id));
        const missing = chunk.filter((id) => !present.has(id));
        if (missing.length > 0) await insertKeys(knex, tenantId, missing, await wrap(tenantId, missing));
        return [];
      });
    },
    /** A sealer for these subjects. One without a key is no error here: sealing or opening for it throws KeyDestroyedError. */
    async sealer(tenantId: string, subjectIds: readonly string[]): Promise<Sealer> {
      return createSealer(await load(tenantId, subjectIds));
    },
    /** Deletes the keys and the index rows of these subjects, and empties their keys in this process. Others forget them within the cache's age. */
    async destroySubjectKeys(tenantId: string, subjectIds: readonly string[]): Promise<void> {
      await inTenant(knex, tenantId, async (trx) => {
        for (const table of ['blind_indexes', 'subject_keys']) {
          await queryRows(trx, 'delete from ?? where tenant_id = ? and subject_id = any(?::uuid[])', [table, tenantId, subjectIds]);
        }
      });
      cache.destroy(tenantId, subjectIds);
    },
    /** Deletes every key and index of a tenant, and its key in the vault: nothing sealed for it opens again. Idempotent. */
    async destroyTenant(tenantId: string): Promise<void> {
      if (tenantId === platformTenantId) throw new Error('The platform tenant is never destroyed.');
      await inTenant(knex, tenantId, async (trx) => {
        for (const table of ['blind_indexes', 'subject_keys', 'index_keys']) await trx(table).where({ tenant_id: tenantId }).delete();
      });
      cache.destroyTenant(tenantId);
      await vault.deleteTenantKey(tenantId);
    },
    /** The tenant's blind index; its key is made when it is first asked for. */
    async blindIndex(tenantId: string): Promise<BlindIndex> {
      return createBlindIndex({ knex, tenantId, held: await indexKey(tenantId) });
    },
    /** How many unwrapped keys are in memory. */
    get cachedKeys(): number {
      return cache.size;
    },
  };
}

async function insertKeys(knex: Knex, tenantId: string, ids: readonly string[], wrapped: readonly string[]): Promise<void> {
  await inTenant(knex, tenantId, async (trx) => {
    const rows = 'select id, ?::uuid, wrapped from unnest(?::uuid[], ?::text[]) as made (id, wrapped)';
    await queryRows(trx, `insert into subject_keys (subject_id, tenant_id, wrapped_key) ${rows} on conflict do nothing`, [
      tenantId,
      ids,
      wrapped,
    ]);
  });
}

function checked(key: Buffer | undefined): Buffer {
  if (key?.length !== keyBytes) throw new UndecipherableError('a wrapped key');
  return key;
}
