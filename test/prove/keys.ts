import { createVault } from '../../platform/vault.ts';
import { wrappingContext } from '../../platform/wrapped-keys.ts';
import { rowsOf, wholeDatabase } from './databases.ts';
import type { Marks } from './search.ts';
import type { Platform } from './platform.ts';

/** A key as it lies in the keyring, and whose it is. */
export interface WrappedKey {
  readonly tenantId: string;
  readonly id: string;
  readonly context: string;
  readonly ciphertext: string;
}
/** One that the keyring can still unwrap. */
export interface Key {
  readonly id: string;
  readonly key: Buffer;
}
type Row = Readonly<Record<'tenant_id' | 'id' | 'wrapped_key', string>>;

/** Every key the keyring has: of people and whatever has a key of its own, of payloads, of blind indexes; of all tenants. */
export async function wrappedKeys({ up }: Pick<Platform, 'up'>): Promise<WrappedKey[]> {
  const url = wholeDatabase(up.keyring);
  const read = async (sql: string, context: (id: string) => string): Promise<WrappedKey[]> =>
    (await rowsOf<Row>(url, sql)).map(({ tenant_id: tenantId, id, wrapped_key: ciphertext }) => ({
      tenantId,
      id,
      context: context(id),
      ciphertext,
    }));
  return [
    ...(await read('select tenant_id, subject_id as id, wrapped_key from subject_keys', wrappingContext.subject)),
    ...(await read('select tenant_id, id, wrapped_key from payload_keys', wrappingContext.payload)),
    ...(await read('select tenant_id, tenant_id as id, wrapped_key from index_keys', wrappingContext.index)),
  ];
}

/** Unwraps them, by OpenBao, which alone can. */
export async function unwrapped({ up }: Pick<Platform, 'up'>, wrapped: readonly WrappedKey[]): Promise<Key[]> {
  const vault = createVault({ address: up.vault.url, token: up.vault.token });
  const keys: Key[] = [];
  for (const tenantId of new Set(wrapped.map(({ tenantId }) => tenantId))) {
    const own = wrapped.filter((key) => key.tenantId === tenantId);
    const opened = await vault.decryptBatch(tenantId, own);
    opened.forEach((key, at) => keys.push({ id: String(own[at]?.id), key }));
  }
  return keys;
}

/** The wrapped keys of some subjects, as marks: what is shredded must be in no file any more. */
export const marksOfKeys = (wrapped: readonly WrappedKey[], subjectIds: readonly string[]): Marks =>
  Object.fromEntries(
    wrapped
      .filter(({ id }) => subjectIds.includes(id))
      .map(({ id, ciphertext }) => [`wrapped key ${subjectIds.indexOf(id) + 1}`, ciphertext]),
  );
