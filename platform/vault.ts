import { createPublicKey } from 'node:crypto';
import type { JWK } from 'jose';
import { TenantKeyMissingError, UnavailableError, UndecipherableError, VaultDeniedError } from '../domain/errors.ts';
import { inChunks } from './chunks.ts';
import { createVaultHttp, type VaultAccess, type VaultAnswer } from './vault-http.ts';

export interface VaultOptions extends VaultAccess {
  /** Where transit is mounted. */
  readonly mount?: string;
}
export const tenantKeyName = (tenantId: string): string => `tenant-${tenantId}`;

/** OpenBao refuses a request of more than 1,000 JSON strings: 249 items of two fields. The rate is flat from 100 on. */
const batch = { size: 240, parallel: 4 };
const base64 = (value: string | Buffer): string => Buffer.from(value).toString('base64');

interface BatchResult {
  readonly ciphertext?: string;
  readonly plaintext?: string;
  readonly hmac?: string;
  readonly error?: string;
}

export type Vault = ReturnType<typeof createVault>;

/**
 * The key service: an OpenBao (or Vault) transit engine. Keys made here never leave it.
 * Every call throws UnavailableError when the server is away or sealed, and VaultDeniedError when it refuses the token.
 */
export function createVault({ mount = 'transit', ...access }: VaultOptions) {
  const call = createVaultHttp(access);
  const keyPath = (tenantId: string): string => `${mount}/keys/${tenantKeyName(tenantId)}`;

  async function crypt(operation: 'encrypt' | 'decrypt', tenantId: string, items: readonly object[]): Promise<readonly BatchResult[]> {
    const answer = await call('POST', `${mount}/${operation}/${tenantKeyName(tenantId)}`, { batch_input: items }).catch(
      async (error: unknown) => {
        // The policy turns "encrypt under a missing key creates it" into a denial: tell the two denials apart.
        if (error instanceof VaultDeniedError && (await call('GET', keyPath(tenantId))).status === 404)
          throw new TenantKeyMissingError(tenantId);
        throw error;
      },
    );
    if (answer.errors.some((message) => message.includes('key not found'))) throw new TenantKeyMissingError(tenantId);
    return resultsOf(answer, operation);
  }

  return {
    /** Makes the tenant's key. A key that is there already is left as it is. */
    async createTenantKey(tenantId: string): Promise<void> {
      expectOk(await call('POST', keyPath(tenantId), { type: 'aes256-gcm96', derived: true }), 'create key');
    },
    /** Destroys the tenant's key and with it all that it wraps. A key that is not there is no error. */
    async deleteTenantKey(tenantId: string): Promise<void> {
      if ((await call('GET', keyPath(tenantId))).status === 404) return;
      await call('POST', `${keyPath(tenantId)}/config`, { deletion_allowed: true });
      const answer = await call('DELETE', keyPath(tenantId));
      if (answer.status === 400 && (await call('GET', keyPath(tenantId))).status === 404) return; // another caller was faster
      expectOk(answer, 'delete key');
    },
    /** Wraps values under the tenant's key; the same context opens them. Throws TenantKeyMissingError and creates nothing when there is no key. */
    encryptBatch(tenantId: string, items: readonly { readonly context: string; readonly plaintext: Buffer }[]): Promise<string[]> {
      return inChunks(items, batch, async (chunk) => {
        const input = chunk.map(({ context, plaintext }) => ({ context: base64(context), plaintext: base64(plaintext) }));
        return (await crypt('encrypt', tenantId, input)).map(({ ciphertext }) => present(ciphertext, 'encrypt'));
      });
    },
    /** Unwraps values. Throws TenantKeyMissingError, or UndecipherableError when a value was wrapped under another key or context. */
    decryptBatch(tenantId: string, items: readonly { readonly context: string; readonly ciphertext: string }[]): Promise<Buffer[]> {
      return inChunks(items, batch, async (chunk) => {
        const input = chunk.map(({ context, ciphertext }) => ({ context: base64(context), ciphertext }));
        return (await crypt('decrypt', tenantId, input)).map(({ plaintext }) => Buffer.from(present(plaintext, 'decrypt'), 'base64'));
      });
    },
    /** HMAC-SHA256 of each input under a named key that never leaves the vault. The answers carry the key's version: `vault:v1:...`. */
    hmacBatch(keyName: string, inputs: readonly string[]): Promise<string[]> {
      return inChunks(inputs, batch, async (chunk) => {
        const answer = await call('POST', `${mount}/hmac/${keyName}/sha2-256`, {
          batch_input: chunk.map((input) => ({ input: base64(input) })),
        });
        return resultsOf(answer, 'hmac').map(({ hmac }) => present(hmac, 'hmac'));
      });
    },
    /** Whether `hmac` is what hmacBatch answers, or answered under an older live version of the key, for this input. */
    async verifyHmac(keyName: string, input: string, hmac: string): Promise<boolean> {
      const answer = await call('POST', `${mount}/verify/${keyName}/sha2-256`, { input: base64(input), hmac });
      return answer.data['valid'] === true;
    },
    /** Signs `header.payload` by RS256 with one version of the key `jwt`; the signature is base64url. */
    async signJwt(signingInput: string, version: number): Promise<string> {
      const input = { input: base64(signingInput), key_version: version, signature_algorithm: 'pkcs1v15', marshaling_algorithm: 'jws' };
      const answer = await call('POST', `${mount}/sign/jwt/sha2-256`, input);
      expectOk(answer, 'sign');
      return String(answer.data['signature']).replace(/^vault:v\d+:/, '');
    },
    /** The public halves of every live version of the key `jwt`, newest first; `kid` is `jwt-<version>`. */
    async jwks(): Promise<{ keys: JWK[] }> {
      const answer = await call('GET', `${mount}/keys/jwt`);
      expectOk(answer, 'read jwt key');
      const versions = Object.entries(answer.data['keys'] as Record<string, { public_key: string }>);
      const keys = versions.map(([version, { public_key: pem }]) => {
        const jwk = createPublicKey(pem).export({ format: 'jwk' }) as JWK;
        return { ...jwk, kid: `jwt-${version}`, use: 'sig', alg: 'RS256' };
      });
      return { keys: keys.reverse() };
    },
    /** True when the server answers, is unsealed, and accepts the token. */
    async isHealthy(): Promise<boolean> {
      try {
        return (await call('GET', 'auth/token/lookup-self')).status === 200;
      } catch (error) {
        if (error instanceof UnavailableError || error instanceof VaultDeniedError) return false;
        throw error;
      }
    },
  };
}

function expectOk({ status }: VaultAnswer, operation: string): void {
  if (status >= 300) throw new UnavailableError('vault', 5, new Error(`${operation} answered ${status}`));
}
function resultsOf(answer: VaultAnswer, operation: string): readonly BatchResult[] {
  const results = answer.data['batch_results'];
  if (Array.isArray(results)) return results as BatchResult[];
  throw new UnavailableError('vault', 5, new Error(`${operation} answered ${answer.status}`));
}
function present(value: string | undefined, operation: string): string {
  if (!value) throw new UndecipherableError(`a wrapped key (${operation})`);
  return value;
}
