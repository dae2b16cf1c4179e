import { TenantKeyMissingError, VaultDeniedError } from '../domain/errors.ts';
import { inChunks } from './chunks.ts';
import { base64, batch, type BatchResult, expectOk, present, resultsOf } from './vault-answers.ts';
import type { VaultCall } from './vault-http.ts';

export const tenantKeyName = (tenantId: string): string => `tenant-${tenantId}`;

/** Of a tenant's key: the version that wraps, and the oldest that still opens. */
export interface KeyVersions {
  readonly latest: number;
  readonly oldest: number;
}

/** The tenants' keys, which wrap the keys of people: AES-256-GCM, derived from a context for each value. */
export function createTenantKeys(call: VaultCall, mount: string) {
  const keyPath = (tenantId: string): string => `${mount}/keys/${tenantKeyName(tenantId)}`;
  const isMissing = async (tenantId: string): Promise<boolean> => (await call('GET', keyPath(tenantId))).status === 404;

  async function crypt(
    operation: 'encrypt' | 'decrypt' | 'rewrap',
    tenantId: string,
    items: readonly object[],
  ): Promise<readonly BatchResult[]> {
    const path = `${mount}/${operation}/${tenantKeyName(tenantId)}`;
    const answer = await call('POST', path, { batch_input: items }).catch(async (error: unknown) => {
      // The policy turns "encrypt under a missing key creates it" into a denial: tell the two denials apart.
      if (error instanceof VaultDeniedError && (await isMissing(tenantId))) throw new TenantKeyMissingError(tenantId);
      throw error;
    });
    if (answer.errors.some((message) => message.includes('key not found'))) throw new TenantKeyMissingError(tenantId);
    return resultsOf(answer, operation);
  }

  async function versions(tenantId: string): Promise<KeyVersions> {
    const answer = await call('GET', keyPath(tenantId));
    if (answer.status === 404) throw new TenantKeyMissingError(tenantId);
    expectOk(answer, 'read key');
    return { latest: Number(answer.data['latest_version']), oldest: Number(answer.data['min_decryption_version']) };
  }

  return {
    /** Throws TenantKeyMissingError. */
    tenantKeyVersions: versions,
    /** Makes the next version of the tenant's key, by which everything is wrapped from then on; the older ones still open. */
    rotateTenantKey: async (tenantId: string): Promise<void> => {
      expectOk(await call('POST', `${keyPath(tenantId)}/rotate`), 'rotate key');
    },
    /** From now on versions before this one open nothing. They are kept, and an administrator can let them again. */
    retireTenantKeyVersions: async (tenantId: string, oldest: number): Promise<void> => {
      expectOk(await call('POST', `${keyPath(tenantId)}/config`, { min_decryption_version: oldest }), 'retire key versions');
    },
    /** The same values, wrapped by the newest version: what they are never leaves the vault. Errors as those of decryptBatch. */
    rewrapBatch: (tenantId: string, items: readonly { readonly context: string; readonly ciphertext: string }[]): Promise<string[]> =>
      inChunks(items, batch, async (chunk) => {
        const input = chunk.map(({ context, ciphertext }) => ({ context: base64(context), ciphertext }));
        return (await crypt('rewrap', tenantId, input)).map(({ ciphertext }) => present(ciphertext, 'rewrap'));
      }),
    /** Makes the tenant's key. A key that is there already is left as it is. */
    createTenantKey: async (tenantId: string): Promise<void> => {
      expectOk(await call('POST', keyPath(tenantId), { type: 'aes256-gcm96', derived: true }), 'create key');
    },
    /** Destroys the tenant's key and with it all that it wraps. A key that is not there is no error. */
    deleteTenantKey: async (tenantId: string): Promise<void> => {
      if (await isMissing(tenantId)) return;
      await call('POST', `${keyPath(tenantId)}/config`, { deletion_allowed: true });
      const answer = await call('DELETE', keyPath(tenantId));
      if (answer.status === 400 && (await isMissing(tenantId))) return; // another caller was faster
      expectOk(answer, 'delete key');
    },
    /** Wraps values under the tenant's key; the same context opens them. Throws TenantKeyMissingError and creates nothing when there is no key. */
    encryptBatch: (tenantId: string, items: readonly { readonly context: string; readonly plaintext: Buffer }[]): Promise<string[]> =>
      inChunks(items, batch, async (chunk) => {
        const input = chunk.map(({ context, plaintext }) => ({ context: base64(context), plaintext: base64(plaintext) }));
        return (await crypt('encrypt', tenantId, input)).map(({ ciphertext }) => present(ciphertext, 'encrypt'));
      }),
    /** Unwraps values. Throws TenantKeyMissingError, or UndecipherableError when a value was wrapped under another key or context. */
    decryptBatch: (tenantId: string, items: readonly { readonly context: string; readonly ciphertext: string }[]): Promise<Buffer[]> =>
      inChunks(items, batch, async (chunk) => {
        const input = chunk.map(({ context, ciphertext }) => ({ context: base64(context), ciphertext }));
        return (await crypt('decrypt', tenantId, input)).map(({ plaintext }) => Buffer.from(present(plaintext, 'decrypt'), 'base64'));
      }),
  };
}
