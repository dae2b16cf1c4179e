import { createPublicKey } from 'node:crypto';
import type { JWK } from 'jose';
import { inChunks } from './chunks.ts';
import { base64, batch, expectOk, present, resultsOf } from './vault-answers.ts';
import type { VaultCall } from './vault-http.ts';

type PublicKeys = Record<string, { readonly public_key: string; readonly creation_time: string }>;

/** The platform's own keys: `jwt` signs access tokens, `certificates` what is certified, others make HMACs. */
export function createNamedKeys(call: VaultCall, mount: string) {
  return {
    /** HMAC-SHA256 of each input under a named key that never leaves the vault. The answers carry the key's version: `vault:v1:...`. */
    hmacBatch: (keyName: string, inputs: readonly string[]): Promise<string[]> =>
      inChunks(inputs, batch, async (chunk) => {
        const answer = await call('POST', `${mount}/hmac/${keyName}/sha2-256`, {
          batch_input: chunk.map((input) => ({ input: base64(input) })),
        });
        return resultsOf(answer, 'hmac').map(({ hmac }) => present(hmac, 'hmac'));
      }),
    /** Whether `hmac` is what hmacBatch answers, or answered under an older live version of the key, for this input. */
    verifyHmac: async (keyName: string, input: string, hmac: string): Promise<boolean> => {
      const answer = await call('POST', `${mount}/verify/${keyName}/sha2-256`, { input: base64(input), hmac });
      return answer.data['valid'] === true;
    },
    /** Signs `header.payload` by RS256 with one version of the key `jwt`; the signature is base64url. */
    signJwt: async (signingInput: string, version: number): Promise<string> => {
      const input = { input: base64(signingInput), key_version: version, signature_algorithm: 'pkcs1v15', marshaling_algorithm: 'jws' };
      const answer = await call('POST', `${mount}/sign/jwt/sha2-256`, input);
      expectOk(answer, 'sign');
      return String(answer.data['signature']).replace(/^vault:v\d+:/, '');
    },
    /** The public halves of every live version of the key `jwt`, newest first; `kid` is `jwt-<version>`, `iat` when it was made (seconds since 1970). */
    jwks: async (): Promise<{ keys: (JWK & { readonly kid: string; readonly iat: number })[] }> => {
      const answer = await call('GET', `${mount}/keys/jwt`);
      expectOk(answer, 'read jwt key');
      const versions = Object.entries(answer.data['keys'] as PublicKeys);
      const keys = versions.map(([version, { public_key: pem, creation_time: made }]) => {
        const jwk = createPublicKey(pem).export({ format: 'jwk' }) as JWK;
        const iat = Math.floor(Date.parse(made) / 1000);
        return { age: Number(version), jwk: Object.assign(jwk, { kid: `jwt-${version}`, use: 'sig', alg: 'RS256', iat }) };
      });
      return { keys: keys.toSorted((one, other) => other.age - one.age).map(({ jwk }) => jwk) };
    },
    /** Signs by Ed25519 with one version of the key `certificates`; the signature is base64url. The same input has the same signature. */
    signCertificate: async (signingInput: string, version: number): Promise<string> => {
      const answer = await call('POST', `${mount}/sign/certificates`, { input: base64(signingInput), key_version: version });
      expectOk(answer, 'sign certificate');
      const signature = String(answer.data['signature']).replace(/^vault:v\d+:/, '');
      return Buffer.from(signature, 'base64').toString('base64url');
    },
    /** The public halves of every version of the key `certificates` there ever was, newest first; `kid` is `certificates-<version>`. */
    certificateKeys: async (): Promise<{ keys: (JWK & { readonly kid: string })[] }> => {
      const answer = await call('GET', `${mount}/keys/certificates`);
      expectOk(answer, 'read certificate key');
      const keys = Object.entries(answer.data['keys'] as PublicKeys).map(([name, { public_key: raw, creation_time: made }]) => {
        const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(raw, 'base64').toString('base64url'), use: 'sig', alg: 'EdDSA' };
        return { age: Number(name), jwk: { ...jwk, kid: `certificates-${name}`, iat: Math.floor(Date.parse(made) / 1000) } };
      });
      return { keys: keys.toSorted((one, other) => other.age - one.age).map(({ jwk }) => jwk) };
    },
  };
}
