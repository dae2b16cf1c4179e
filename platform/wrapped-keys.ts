import type { Knex } from 'knex';
import { UndecipherableError } from '../domain/errors.ts';
import { platformTenantId } from '../domain/roles.ts';
import { textArray, uuidArray } from './binary-array.ts';
import { inChunks } from './chunks.ts';
import { atOnceInTenant, inTenant } from './database.ts';
import { keyBytes } from './envelope.ts';
import { queryRows } from './query-rows.ts';

export interface WrappedKey {
  readonly id: string;
  readonly wrapped_key: string;
}
/** Rows a statement takes at once: large enough to be fast, small enough to end soon. */
export const rowsAtOnce = { size: 5_000, parallel: 2 };

/** What each kind of key is wrapped for: the vault opens it under the same alone. */
export const wrappingContext = {
  subject: (id: string): string => id,
  payload: (id: string): string => `payload:${id}`,
  index: (): string => 'blind-index',
} as const;

/** The rows of the keyring that hold wrapped keys. Whoever writes a key first wins; all read the same afterwards. */
export const createWrappedKeys = (knex: Knex) => ({
  /** The wrapped keys of those subjects of the tenant that have one. */
  ofSubjects: (tenantId: string, ids: readonly string[]): Promise<WrappedKey[]> =>
    inChunks(ids, rowsAtOnce, (chunk) =>
      inTenant(knex, tenantId, (trx) => {
        // One probe of the primary key an id, also where the planner has no statistics yet.
        const sql = `select found.* from unnest(?::uuid[]) as wanted (id) cross join lateral (
          select subject_id as id, wrapped_key from subject_keys where tenant_id = ? and subject_id = wanted.id offset 0) as found`;
        return queryRows<WrappedKey>(trx, sql, [uuidArray(chunk), tenantId]);
      }),
    ),
  /** Answers those that had no key before. */
  insertSubjects: async (tenantId: string, ids: readonly string[], wrapped: readonly string[]): Promise<string[]> => {
    if (ids.length === 0) return [];
    // In one order everywhere: two that make the same keys at once would else wait for each other.
    const rows = 'select id, $1::uuid, wrapped from unnest($2::uuid[], $3::text[]) as made (id, wrapped) order by id';
    const text = `insert into subject_keys (subject_id, tenant_id, wrapped_key) ${rows} on conflict do nothing returning subject_id as id`;
    const [written = []] = await atOnceInTenant(knex, tenantId, [
      { text, values: [tenantId, uuidArray(ids), textArray(wrapped)], name: 'insert-subject-keys' },
    ]);
    return (written as Pick<WrappedKey, 'id'>[]).map(({ id }) => id);
  },
  ofIndex: (tenantId: string): Promise<string | undefined> =>
    inTenant(knex, tenantId, async (trx) => {
      const row = await trx<{ tenant_id: string; wrapped_key: string }>('index_keys').where({ tenant_id: tenantId }).first('wrapped_key');
      return row?.wrapped_key;
    }),
  insertIndex: async (tenantId: string, wrapped: string): Promise<void> => {
    await inTenant(knex, tenantId, (trx) => trx('index_keys').insert({ tenant_id: tenantId, wrapped_key: wrapped }).onConflict().ignore());
  },
  /** The payload key of this id, or the newest. */
  ofPayloads: (tenantId: string, id?: string): Promise<WrappedKey | undefined> =>
    inTenant(knex, tenantId, (trx) =>
      trx<WrappedKey & { tenant_id: string }>('payload_keys')
        .where({ tenant_id: tenantId, ...(id === undefined ? {} : { id }) })
        .orderBy('id', 'desc')
        .first('id', 'wrapped_key'),
    ),
  insertPayloads: async (tenantId: string, { id, wrapped_key }: WrappedKey): Promise<void> => {
    await inTenant(knex, tenantId, (trx) => trx('payload_keys').insert({ tenant_id: tenantId, id, wrapped_key }));
  },
  /** Removes the subjects' keys and all that finds them. Answers which destruction of the keyring it was. */
  deleteSubjects: (tenantId: string, ids: readonly string[]): Promise<Destroyed> =>
    inTenant(knex, tenantId, async (trx) => {
      for (const table of ['blind_indexes', 'subject_keys'])
        await queryRows(trx, 'delete from ?? where tenant_id = ? and subject_id = any(?::uuid[])', [table, tenantId, ids]);
      return await nextGeneration(trx);
    }),
  deleteTenant: (tenantId: string): Promise<Destroyed> =>
    inTenant(knex, tenantId, async (trx) => {
      for (const table of ['blind_indexes', 'subject_keys', 'index_keys', 'payload_keys'])
        await trx(table).where({ tenant_id: tenantId }).delete();
      return await nextGeneration(trx);
    }),
  /** How many destructions there have been: who has seen as many holds no key that is gone. */
  generation: (): Promise<number> =>
    inTenant(knex, platformTenantId, async (trx) => one(await trx<Generation>('key_generation').select('generation')).generation),
});

interface Generation {
  readonly generation: number;
}
export interface Destroyed extends Generation {
  /** By the keyring's clock. */
  readonly at: Date;
}
function one<Row>([row]: readonly Row[]): Row {
  if (!row) throw new Error('The keyring has lost count of its destructions.');
  return row;
}
/** Last in a transaction that destroys: its row is held until the end, so that the count and what it counts come to be seen at once. */
const nextGeneration = async (trx: Knex.Transaction): Promise<Destroyed> =>
  one(
    await queryRows<Destroyed>(
      trx,
      'update key_generation set generation = generation + 1 returning generation, clock_timestamp() as at',
      [],
    ),
  );

/** An unwrapped key, once it is known to be one. */
export function checkedKey(key: Buffer | undefined): Buffer {
  if (key?.length !== keyBytes) throw new UndecipherableError('a wrapped key');
  return key;
}
