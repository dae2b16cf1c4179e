import { createHmac } from 'node:crypto';
import type { Knex } from 'knex';
import { KeyDestroyedError } from '../domain/errors.ts';
import { byteaArray, uuidArray } from './binary-array.ts';
import { inChunks } from './chunks.ts';
import { inTenant } from './database.ts';
import type { HeldKey } from './pii.ts';
import { changeRows, queryRows } from './query-rows.ts';
import { rowsAtOnce } from './wrapped-keys.ts';

const text = (value: string): string => value.normalize('NFKC').trim();
const caseless = (value: string): string => text(value).toLowerCase();

/**
 * What may be looked up, and when two spellings are the same: logins, e-mails and user names whatever their case and width,
 * a school's own ids, and the digests of requests, exactly as they are but for surrounding blanks.
 */
const purposes = {
  login: caseless,
  email: caseless,
  username: caseless,
  'roster-person': text,
  // A person's whole row: whatever changes in it counts.
  'roster-row': (value: string): string => value,
  request: text,
  // What searches need once a person's key is gone (docs/privacy.md): an address nobody writes to again, and any value of theirs.
  'suppressed-mail': caseless,
  'erased-term': caseless,
  // A Roblox user, by number: who has one, who asked Roblox to be forgotten, and who is to be looked for when they were.
  'roblox-user': text,
  'roblox-erasure': text,
  'erased-roblox': text,
} as const;
export type IndexPurpose = keyof typeof purposes;

export interface IndexEntry {
  readonly subjectId: string;
  /** Digest of what the subject was last made from; null when none was given. */
  readonly sourceDigest: Buffer | null;
}
export interface IndexRow {
  readonly hmac: Buffer;
  readonly subjectId: string;
  readonly sourceDigest?: Buffer;
}
export type BlindIndex = ReturnType<typeof createBlindIndex>;

interface StoredRow {
  readonly hmac: Buffer;
  readonly subject_id: string;
  readonly source_digest: Buffer | null;
}
const storedOf = ({ hmac, subjectId, sourceDigest }: IndexRow): StoredRow => ({
  hmac,
  subject_id: subjectId,
  source_digest: sourceDigest ?? null,
});
/** How the maps of find and put are keyed. */
export const hmacKey = (hmac: Buffer): string => hmac.toString('base64');

/** Equality look-ups over one tenant's personal data without storing it: HMAC-SHA256 under the tenant's index key. */
export function createBlindIndex({ knex, tenantId, held }: { readonly knex: Knex; readonly tenantId: string; readonly held: HeldKey }) {
  const find = async (purpose: IndexPurpose, hmacs: readonly Buffer[]): Promise<Map<string, IndexEntry>> => {
    const rows = await inChunks(hmacs, rowsAtOnce, (chunk) => inTenant(knex, tenantId, async (trx) => read(trx, purpose, chunk)));
    return entriesOf(rows);
  };
  const read = async (trx: Knex.Transaction, purpose: IndexPurpose, hmacs: readonly Buffer[]): Promise<StoredRow[]> => {
    // One probe of the key a value, whatever the planner believes: in a table without statistics it would read all of a tenant's rows for each batch.
    const sql = `select found.* from unnest(?::bytea[]) as wanted (hmac) cross join lateral (
      select hmac, subject_id, source_digest from blind_indexes where tenant_id = ? and purpose = ? and hmac = wanted.hmac offset 0) as found`;
    return queryRows<StoredRow>(trx, sql, [byteaArray(hmacs), tenantId, purpose]);
  };

  return {
    /** The keyed digest of a value. Values that are the same for the purpose have the same digest, in this tenant only. */
    hmac(purpose: IndexPurpose, value: string): Buffer {
      if (!held.key) throw new KeyDestroyedError(tenantId);
      return createHmac('sha256', held.key)
        .update(`${purpose}\0${purposes[purpose](value)}`)
        .digest();
    },
    /** Who is known by these digests; keyed by hmacKey(hmac). */
    find,
    /** Writes rows; one that exists already wins. Returns who holds each digest now, keyed by hmacKey(hmac). */
    async put(purpose: IndexPurpose, rows: readonly IndexRow[]): Promise<Map<string, IndexEntry>> {
      const kept = await inChunks(rows, rowsAtOnce, (chunk) =>
        inTenant(knex, tenantId, async (trx) => {
          const written = await insert(trx, tenantId, purpose, chunk);
          if (written === chunk.length) return chunk.map(storedOf);
          return read(
            trx,
            purpose,
            chunk.map(({ hmac }) => hmac),
          );
        }),
      );
      return entriesOf(kept);
    },
    /** Replaces the source digests of rows that exist. */
    async setDigests(purpose: IndexPurpose, rows: readonly { readonly hmac: Buffer; readonly sourceDigest: Buffer }[]): Promise<void> {
      await inChunks(rows, rowsAtOnce, (chunk) => inTenant(knex, tenantId, (trx) => update(trx, tenantId, purpose, chunk)));
    },
    /** All digests of a purpose; keyed as by hmacKey. For purposes of few rows. */
    async digests(purpose: IndexPurpose): Promise<ReadonlySet<string>> {
      const sql = 'select hmac from blind_indexes where tenant_id = ? and purpose = ?';
      const rows = await inTenant(knex, tenantId, async (trx) => queryRows<StoredRow>(trx, sql, [tenantId, purpose]));
      return new Set(rows.map(({ hmac }) => hmacKey(hmac)));
    },
    /** Whether a subject has rows of this purpose. */
    async has(purpose: IndexPurpose, subjectId: string): Promise<boolean> {
      const sql = 'select 1 from blind_indexes where tenant_id = ? and subject_id = ? and purpose = ? limit 1';
      const rows = await inTenant(knex, tenantId, async (trx) => queryRows(trx, sql, [tenantId, subjectId, purpose]));
      return rows.length > 0;
    },
    /** Some of the subjects that have rows of this purpose, at most `limit`. */
    async subjects(purpose: IndexPurpose, limit: number): Promise<string[]> {
      const sql = 'select distinct subject_id from blind_indexes where tenant_id = ? and purpose = ? limit ?';
      const rows = await inTenant(knex, tenantId, async (trx) => queryRows<StoredRow>(trx, sql, [tenantId, purpose, limit]));
      return rows.map(({ subject_id }) => subject_id);
    },
    ...changesOf(knex, tenantId),
    /** Removes every row of these subjects, of one purpose or whatever the purpose. */
    async remove(subjectIds: readonly string[], purpose?: IndexPurpose): Promise<void> {
      const sql = 'delete from blind_indexes where tenant_id = ? and subject_id = any(?::uuid[]) and purpose = coalesce(?, purpose)';
      await inTenant(knex, tenantId, async (trx) => {
        await queryRows(trx, sql, [tenantId, subjectIds, purpose ?? null]);
      });
    },
  };
}

async function insert(trx: Knex.Transaction, tenantId: string, purpose: IndexPurpose, rows: readonly IndexRow[]): Promise<number> {
  const sql = `insert into blind_indexes (tenant_id, purpose, hmac, subject_id, source_digest)
    select ?::uuid, ?, hmac, subject_id, source_digest from unnest(?::bytea[], ?::uuid[], ?::bytea[]) as made (hmac, subject_id, source_digest)
    on conflict do nothing`;
  const columns = [
    byteaArray(rows.map(({ hmac }) => hmac)),
    uuidArray(rows.map(({ subjectId }) => subjectId)),
    byteaArray(rows.map(({ sourceDigest }) => sourceDigest)),
  ];
  return changeRows(trx, sql, [tenantId, purpose, ...columns]);
}

async function update(
  trx: Knex.Transaction,
  tenantId: string,
  purpose: IndexPurpose,
  rows: readonly { readonly hmac: Buffer; readonly sourceDigest: Buffer }[],
): Promise<never[]> {
  const sql = `update blind_indexes as known set source_digest = made.source_digest
    from unnest(?::bytea[], ?::bytea[]) as made (hmac, source_digest)
    where known.tenant_id = ? and known.purpose = ? and known.hmac = made.hmac`;
  await queryRows(trx, sql, [
    byteaArray(rows.map(({ hmac }) => hmac)),
    byteaArray(rows.map(({ sourceDigest }) => sourceDigest)),
    tenantId,
    purpose,
  ]);
  return [];
}

const entriesOf = (rows: readonly StoredRow[]): Map<string, IndexEntry> =>
  new Map(rows.map((row) => [hmacKey(row.hmac), { subjectId: row.subject_id, sourceDigest: row.source_digest }]));

/** What becomes of a subject's rows when the subject changes. */
const changesOf = (knex: Knex, tenantId: string) => ({
  /**
   * Lets a subject be found by another digest, or by none, where it was found by one of this purpose before; else nothing. Safe to
   * repeat. Resolves to whether it was. Somebody else who has the new digest keeps it.
   */
  async replace(purpose: IndexPurpose, subjectId: string, hmac: Buffer | null): Promise<boolean> {
    const sql = 'delete from blind_indexes where tenant_id = ? and purpose = ? and subject_id = ? returning hmac';
    return await inTenant(knex, tenantId, async (trx) => {
      const known = await queryRows(trx, sql, [tenantId, purpose, subjectId]);
      if (known.length > 0 && hmac) await insert(trx, tenantId, purpose, [{ hmac, subjectId }]);
      return known.length > 0;
    });
  },
  /** Forgets what a subject was last made from, so that the next import makes it anew. */
  async forgetDigests(purpose: IndexPurpose, subjectId: string): Promise<void> {
    const sql = `update blind_indexes set source_digest = '' where tenant_id = ? and purpose = ? and subject_id = ?`;
    await inTenant(knex, tenantId, (trx) => queryRows(trx, sql, [tenantId, purpose, subjectId]));
  },
});
