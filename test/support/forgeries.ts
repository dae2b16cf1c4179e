import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Vault } from '../../platform/vault.ts';

export interface Forger {
  readonly vault: Pick<Vault, 'signJwt' | 'jwks'>;
  /** What a good token says now; a forgery changes a part of it. */
  readonly claims: (changes?: object) => object;
}
/** What is wrong with the token, and how it is made. */
export type Forgery = readonly [string, (forger: Forger) => Promise<string> | string];

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = (): number => Math.floor(Date.now() / 1000);

/** A token signed by the platform's own key, whatever it says. */
export async function signedByPlatform({ vault, claims }: Forger, changes: object = {}, header: object = {}): Promise<string> {
  const input = `${part({ alg: 'RS256', kid: 'jwt-1', typ: 'at+jwt', ...header })}.${part(claims(changes))}`;
  return `${input}.${await vault.signJwt(input, 1)}`;
}
async function hmacWithPublicKey({ vault, claims }: Forger): Promise<string> {
  const [jwk] = (await vault.jwks()).keys;
  const pem = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  return new SignJWT({ ...claims() }).setProtectedHeader({ alg: 'HS256', kid: 'jwt-1', typ: 'at+jwt' }).sign(Buffer.from(pem));
}
async function ownKey({ claims }: Forger, header: object, embedded = false): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const jwk = embedded ? { jwk: await exportJWK(publicKey) } : {};
  return new SignJWT({ ...claims() }).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', ...header, ...jwk }).sign(privateKey);
}
async function altered(forger: Forger, index: 1 | 2): Promise<string> {
  const parts = (await signedByPlatform(forger)).split('.');
  const bytes = Buffer.from(parts[index] ?? '', 'base64url');
  if (index === 1) parts[1] = part({ ...(JSON.parse(bytes.toString()) as object), role: 'super_admin' });
  else parts[2] = Buffer.from(bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte))).toString('base64url');
  return parts.join('.');
}
const unsigned = (claims: object, header: object = {}): string => `${part({ alg: 'none', typ: 'at+jwt', ...header })}.${part(claims)}.`;

/** The token attack table: each of these must answer 401. */
export const forgeries: readonly Forgery[] = [
  ['what is no token', () => 'a.b.c'],
  ['a token without a signature (alg none)', ({ claims }) => unsigned(claims())],
  ['alg none with our kid', ({ claims }) => unsigned(claims(), { kid: 'jwt-1' })],
  ['HS256 with the public key as secret', hmacWithPublicKey],
  ['another key under our kid', (forger) => ownKey(forger, { kid: 'jwt-1' })],
  ['another key that the token brings along', (forger) => ownKey(forger, { kid: 'jwt-1' }, true)],
  ['another key that the token points to', (forger) => ownKey(forger, { kid: 'jwt-1', jku: 'http://127.0.0.1:1/keys' })],
  ['an unknown kid', (forger) => signedByPlatform(forger, {}, { kid: 'jwt-99' })],
  ['a token without a kid', (forger) => signedByPlatform(forger, {}, { kid: undefined })],
  ['another kind of token', (forger) => signedByPlatform(forger, {}, { typ: 'JWT' })],
  ['another audience', (forger) => signedByPlatform(forger, { aud: 'elsewhere' })],
  ['another issuer', (forger) => signedByPlatform(forger, { iss: 'https://elsewhere.test' })],
  ['an expired token', (forger) => signedByPlatform(forger, { exp: seconds() - 60 })],
  ['a token without an end', (forger) => signedByPlatform(forger, { exp: undefined })],
  ['a token of the future', (forger) => signedByPlatform(forger, { nbf: seconds() + 60 })],
  ['a role that does not exist', (forger) => signedByPlatform(forger, { role: 'root' })],
  ['a token without a tenant', (forger) => signedByPlatform(forger, { tid: undefined })],
  ['a critical header it does not know', (forger) => signedByPlatform(forger, {}, { crit: ['b64'], b64: false })],
  ['claims changed after signing', (forger) => altered(forger, 1)],
  ['a signature with a bit changed', (forger) => altered(forger, 2)],
];
