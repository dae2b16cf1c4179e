import { KeyDestroyedError } from '../domain/errors.ts';
import type { PiiPlace } from '../domain/pii.ts';
import { openValue, sealValue } from './envelope.ts';
import type { PiiColumns } from './models/all.ts';

/** A person's key while it is in memory. Destroying the person empties it, also for those who hold it. */
export interface HeldKey {
  key: Buffer | undefined;
}

/** Seals and opens values of some people, without waiting: their keys are in memory. */
export interface Sealer {
  /** False when the person's key does not exist (any more). */
  has(subjectId: string): boolean;
  /** Throws KeyDestroyedError when the person has no key. */
  seal(subjectId: string, place: PiiPlace, plaintext: string): Buffer;
  /** Throws KeyDestroyedError, or UndecipherableError when the value was sealed for another place or person. */
  open(subjectId: string, place: PiiPlace, sealed: Buffer): string;
}

/** A sealer over keys in memory; `keys` may lack people whose keys are gone. */
export function createSealer(keys: ReadonlyMap<string, HeldKey>): Sealer {
  const keyOf = (subjectId: string): Buffer => {
    const key = keys.get(subjectId)?.key;
    if (!key) throw new KeyDestroyedError(subjectId);
    return key;
  };
  return {
    has: (subjectId) => keys.get(subjectId)?.key !== undefined,
    seal: (subjectId, place, plaintext) => sealValue(keyOf(subjectId), place, plaintext),
    open: (subjectId, place, sealed) => openValue(keyOf(subjectId), place, sealed),
  };
}

/** Which row of which table a value belongs to, and whose it is. */
export interface PiiRow {
  readonly table: string;
  readonly tenantId: string;
  readonly subjectId: string;
  readonly rowId: string;
}

/** Seals a row's declared columns: null stays null, a column that is not given is left out. Undeclared fields are ignored. */
export function sealRow<C extends PiiColumns>(
  sealer: Sealer,
  columns: C,
  { table, tenantId, subjectId, rowId }: PiiRow,
  plain: { readonly [K in keyof C]?: string | null | undefined },
): { [K in keyof C]?: Buffer | null } {
  const sealed: { [K in keyof C]?: Buffer | null } = {};
  for (const column of Object.keys(columns) as (keyof C & string)[]) {
    const value = plain[column];
    if (value !== undefined) sealed[column] = value === null ? null : sealer.seal(subjectId, { tenantId, table, column, rowId }, value);
  }
  return sealed;
}

/** Opens a row's declared columns: the reverse of sealRow. */
export function openRow<C extends PiiColumns>(
  sealer: Sealer,
  columns: C,
  { table, tenantId, subjectId, rowId }: PiiRow,
  sealed: { readonly [K in keyof C]?: Buffer | null | undefined },
): { [K in keyof C]?: string | null } {
  const plain: { [K in keyof C]?: string | null } = {};
  for (const column of Object.keys(columns) as (keyof C & string)[]) {
    const value = sealed[column];
    if (value !== undefined) plain[column] = value === null ? null : sealer.open(subjectId, { tenantId, table, column, rowId }, value);
  }
  return plain;
}
