import { expectOk } from './vault-answers.ts';
import type { VaultCall } from './vault-http.ts';

export interface RotateOptions {
  /** With a token that may change the platform's keys: the app's may not. */
  readonly call: VaultCall;
  /** Where transit is mounted. */
  readonly mount?: string;
  readonly clock?: () => Date;
}
export interface Rotated {
  /** The key new tokens are signed with, half a minute from now. */
  readonly signing: string;
  /** Keys that verify no longer: the last token of each has expired. */
  readonly retired: readonly string[];
}
/** A key signs until its successor does; a token lives for at most an hour (break-glass) after that. */
const aliveMs = 2 * 3_600_000 - 60_000;
const kidOf = (version: number): string => `jwt-${version}`;

/**
 * Makes the next version of the key that signs certificates, which signs at once. None is ever taken out of use: what it signed is verified
 * for years. Errors: VaultDeniedError, UnavailableError.
 */
export async function rotateCertificateKey({ call, mount = 'transit' }: Omit<RotateOptions, 'clock'>): Promise<Rotated> {
  expectOk(await call('POST', `${mount}/keys/certificates/rotate`, {}), 'rotate certificate key');
  const answer = await call('GET', `${mount}/keys/certificates`);
  expectOk(answer, 'read certificate key');
  return { signing: `certificates-${String(answer.data['latest_version'])}`, retired: [] };
}

/**
 * Makes the next version of the key that signs access tokens. Tokens of the older ones stay good until they expire; a key whose successor
 * has signed for long enough is taken out of use. Errors: VaultDeniedError, UnavailableError.
 */
export async function rotateSigningKey({ call, mount = 'transit', clock = () => new Date() }: RotateOptions): Promise<Rotated> {
  expectOk(await call('POST', `${mount}/keys/jwt/rotate`, {}), 'rotate jwt key');
  const answer = await call('GET', `${mount}/keys/jwt`);
  expectOk(answer, 'read jwt key');
  const made = answer.data['keys'] as Readonly<Record<string, { readonly creation_time: string }>>;
  const versions = Object.keys(made)
    .map(Number)
    .sort((one, other) => one - other);
  const succeededBefore = clock().getTime() - aliveMs;
  // Whatever the clocks say, the key that signs until the new one is known stays.
  const retired = versions.slice(0, -2).filter((version) => {
    const successor = made[version + 1];
    return successor !== undefined && Date.parse(successor.creation_time) < succeededBefore;
  });
  const last = retired.at(-1);
  if (last !== undefined) {
    const limit = { min_decryption_version: last + 1 };
    expectOk(await call('POST', `${mount}/keys/jwt/config`, limit), 'retire jwt keys');
  }
  return { signing: kidOf(versions.at(-1) ?? 1), retired: retired.map(kidOf) };
}
