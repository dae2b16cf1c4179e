import { randomBytes } from 'node:crypto';
import { inChunks } from './chunks.ts';
import { keyBytes } from './envelope.ts';
import type { createKeyCache } from './key-cache.ts';
import { createSealer, type HeldKey, type Sealer } from './pii.ts';
import type { Vault } from './vault.ts';
import { checkedKey, type createWrappedKeys, rowsAtOnce } from './wrapped-keys.ts';

interface Deps {
  readonly stored: Pick<ReturnType<typeof createWrappedKeys>, 'ofSubjects' | 'insertSubjects'>;
  readonly vault: Pick<Vault, 'encryptBatch' | 'decryptBatch'>;
  readonly cache: ReturnType<typeof createKeyCache>;
}
interface NewKey {
  readonly context: string;
  readonly plaintext: Buffer;
}
const newKeys = (ids: readonly string[]): NewKey[] => ids.map((context) => ({ context, plaintext: randomBytes(keyBytes) }));

/** The keys of people, and of whatever else is sealed under a key of its own: made, and read into memory. */
export function createSubjectKeys({ stored, vault, cache }: Deps) {
  /** The held keys of those subjects that have one. */
  async function load(tenantId: string, ids: ReadonlySet<string>): Promise<Map<string, HeldKey>> {
    const known = [...ids].map((id) => [id, cache.get(tenantId, id)] as const);
    const held = new Map(known.flatMap(([id, key]) => (key ? [[id, key]] : [])));
    const absent = [...ids].filter((id) => !held.has(id));
    if (absent.length === 0) return held;
    const mark = cache.mark();
    const rows = await stored.ofSubjects(tenantId, absent);
    const wrapped = rows.map(({ id, wrapped_key }) => ({ context: id, ciphertext: wrapped_key }));
    const keys = await vault.decryptBatch(tenantId, wrapped);
    rows.forEach(({ id }, index) => held.set(id, cache.put(tenantId, id, checkedKey(keys[index]), mark)));
    return held;
  }

  /** Wraps and writes keys. Answers those that are the subject's from now on: whoever wrote one first wins. */
  async function write(tenantId: string, keys: readonly NewKey[]): Promise<NewKey[]> {
    const wrapped = await vault.encryptBatch(tenantId, keys);
    const ids = keys.map(({ context }) => context);
    const written = new Set(await stored.insertSubjects(tenantId, ids, wrapped));
    return keys.filter(({ context }) => written.has(context));
  }

  return {
    /** Makes a key for each subject that has none. */
    create: async (tenantId: string, subjectIds: readonly string[]): Promise<void> => {
      await inChunks([...new Set(subjectIds)], rowsAtOnce, async (chunk) => {
        const present = new Set((await stored.ofSubjects(tenantId, chunk)).map(({ id }) => id));
        const mark = cache.mark();
        const made = await write(tenantId, newKeys(chunk.filter((id) => !present.has(id))));
        // They stay in memory as they are: whoever makes keys is about to use them.
        for (const { context: id, plaintext } of made) cache.put(tenantId, id, plaintext, mark);
        return [];
      });
    },
    sealerOf: async (tenantId: string, subjectIds: readonly string[]): Promise<Sealer> =>
      createSealer(await load(tenantId, new Set(subjectIds))),
    /** A sealer of subjects that have no key yet. The keys made here are not read again; others are. */
    sealerOfNew: async (tenantId: string, subjectIds: readonly string[]): Promise<Sealer> => {
      const ids = new Set(subjectIds);
      const mark = cache.mark();
      const made = await write(tenantId, newKeys([...ids]));
      const held = made.map(({ context: id, plaintext }) => [id, cache.put(tenantId, id, plaintext, mark)] as const);
      for (const [id] of held) ids.delete(id);
      return createSealer(new Map([...held, ...(await load(tenantId, ids))]));
    },
  };
}
