import type { Knex } from 'knex';
import { textArray, uuidArray } from './binary-array.ts';
import { inTenant } from './database.ts';
import { changeRows, queryRows } from './query-rows.ts';
import type { Vault } from './vault.ts';
import { wrappingContext } from './wrapped-keys.ts';

export interface TenantKeyRotationDeps {
  /** The keyring cluster. */
  readonly knex: Knex;
  readonly vault: Pick<Vault, 'tenantKeyVersions' | 'rotateTenantKey' | 'rewrapBatch' | 'retireTenantKeyVersions'>;
  /** Rows read and written at a time. */
  readonly batchRows?: number;
}
export type TenantKeyRotation = ReturnType<typeof createTenantKeyRotation>;

/** What the tenant's key wraps: the tables, what names a row in its tenant, and what a row's key is wrapped for. */
const wrapped = [
  { table: 'subject_keys', id: 'subject_id', contextOf: wrappingContext.subject },
  { table: 'payload_keys', id: 'id', contextOf: wrappingContext.payload },
  { table: 'index_keys', id: 'tenant_id', contextOf: wrappingContext.index },
] as const;
const firstId = '00000000-0000-0000-0000-000000000000';

/** Where a re-wrapping stands: the table, the last row that is done, and how many were. */
export interface RewrapPosition {
  readonly table: number;
  readonly after: string;
  readonly rewrapped: number;
}
export const rewrapBegin: RewrapPosition = { table: 0, after: firstId, rewrapped: 0 };

/** A new version of a tenant's key, and every key that it wraps under the new one. No row of data is touched: what wraps is changed, not what is wrapped. */
export function createTenantKeyRotation({ knex, vault, batchRows = 2_400 }: TenantKeyRotationDeps) {
  interface Row {
    readonly id: string;
    readonly wrapped_key: string;
  }
  const older = (version: number): string => `vault:v${version}:%`;

  async function page(tenantId: string, version: number, { table: at, after }: RewrapPosition): Promise<Row[]> {
    const { table, id } = wrapped[at] ?? wrapped[0];
    const sql = `select ?? as id, wrapped_key from ?? where tenant_id = ? and ?? > ? and wrapped_key not like ? order by ?? limit ?`;
    return inTenant(knex, tenantId, (trx) => queryRows<Row>(trx, sql, [id, table, tenantId, id, after, older(version), id, batchRows]));
  }

  /** A row that was removed or written meanwhile stays as it is: it is newer than what was read. */
  async function write(tenantId: string, at: number, rows: readonly Row[], rewrapped: readonly string[]): Promise<number> {
    const { table, id } = wrapped[at] ?? wrapped[0];
    const sql = `update ?? as kept set wrapped_key = made.wrapped_key
      from unnest(?::uuid[], ?::text[], ?::text[]) as made (id, known, wrapped_key)
      where kept.tenant_id = ? and kept.?? = made.id and kept.wrapped_key = made.known`;
    const [ids, known] = [uuidArray(rows.map((row) => row.id)), textArray(rows.map((row) => row.wrapped_key))];
    return inTenant(knex, tenantId, (trx) => changeRows(trx, sql, [table, ids, known, textArray(rewrapped), tenantId, id]));
  }

  return {
    /** Throws TenantKeyMissingError. */
    versions: (tenantId: string) => vault.tenantKeyVersions(tenantId),
    /** Makes the version after `from`, unless there is one. Resolves to the newest. */
    async rotate(tenantId: string, from: number): Promise<number> {
      if ((await vault.tenantKeyVersions(tenantId)).latest === from) await vault.rotateTenantKey(tenantId);
      return (await vault.tenantKeyVersions(tenantId)).latest;
    },
    /** Wraps one batch anew, from where the position says. Resolves to where to go on, or to undefined when all is under this version. */
    async rewrapSome(tenantId: string, version: number, at: RewrapPosition): Promise<RewrapPosition | undefined> {
      const rows = await page(tenantId, version, at);
      const last = rows.at(-1);
      if (!last) return at.table + 1 < wrapped.length ? { ...at, table: at.table + 1, after: firstId } : undefined;
      const { contextOf } = wrapped[at.table] ?? wrapped[0];
      const made = await vault.rewrapBatch(
        tenantId,
        rows.map(({ id, wrapped_key: ciphertext }) => ({ context: contextOf(id), ciphertext })),
      );
      const written = await write(tenantId, at.table, rows, made);
      return { ...at, after: last.id, rewrapped: at.rewrapped + written };
    },
    /** How many keys are wrapped by another version than this one. */
    async left(tenantId: string, version: number): Promise<number> {
      let left = 0;
      for (const { table } of wrapped)
        left += await inTenant(knex, tenantId, async (trx) => {
          const sql = 'select count(*)::int as count from ?? where tenant_id = ? and wrapped_key not like ?';
          const [row] = await queryRows<{ count: number }>(trx, sql, [table, tenantId, older(version)]);
          return row?.count ?? 0;
        });
      return left;
    },
    /** From now on older versions open nothing. Only when nothing is left under one. */
    retire: (tenantId: string, version: number): Promise<void> => vault.retireTenantKeyVersions(tenantId, version),
  };
}
