import { createHash, randomBytes } from 'node:crypto';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTHeaderParameters, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { UnauthenticatedError, UnavailableError } from '../domain/errors.ts';
import { roles } from '../domain/roles.ts';
import { newId } from './ids.ts';
import type { Vault } from './vault.ts';

export const accessTokenSeconds = 900;
const keysFreshMs = 600_000;
const askAgainMs = 10_000;
/** How long a new key is published before it signs: every API has asked for the keys since, or will when it meets the first such token. */
const publishedSeconds = 3 * (askAgainMs / 1000);
const clockSkewSeconds = 5;
const tokensKept = 10_000;

const Claims = z.object({
  sub: z.uuid(),
  tid: z.uuid(),
  mid: z.uuid(),
  sid: z.uuid(),
  jti: z.uuid(),
  role: z.enum(roles),
  bga: z.uuid().optional(),
  exp: z.number().int(),
});
/** Account, tenant, membership, session, token id, role, access by break-glass; `exp` in seconds since 1970. */
export type AccessClaims = z.infer<typeof Claims>;

/** What time it is, and when that is known. */
type TokenClock = (() => Date) & { readonly known?: () => Promise<void> };

export interface TokensDeps {
  readonly vault: Pick<Vault, 'signJwt' | 'jwks'>;
  readonly issuer: string;
  readonly audience: string;
  readonly clock?: TokenClock;
}
export type Tokens = ReturnType<typeof createTokens>;

/** RS256 access tokens, signed in the vault (its private key never leaves it) and verified here with the cached public keys. */
export function createTokens({ vault, issuer, audience, clock = (): Date => new Date() }: TokensDeps) {
  const keys = createKeySource(vault, clock);
  // A signature is as good the second time. With new keys, or none of its own among them any more, a token is verified anew.
  const verified = new LRUCache<string, { readonly jwks: object; readonly claims: AccessClaims }>({ max: tokensKept });
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

  return {
    /** A new access token for these claims, good for accessTokenSeconds, or until `latest`. Throws UnavailableError when the vault, or the clock, is away. */
    issue: async (claims: Omit<AccessClaims, 'jti' | 'exp'>, latest?: Date): Promise<{ accessToken: string; expiresIn: number }> => {
      await clock.known?.();
      const { kid, version } = await keys.signing();
      const now = Math.floor(clock().getTime() / 1000);
      const exp = Math.min(now + accessTokenSeconds, latest ? Math.floor(latest.getTime() / 1000) : Infinity);
      const payload = { iss: issuer, aud: audience, ...claims, jti: newId(), iat: now, nbf: now, exp };
      const signed = `${encode({ alg: 'RS256', kid, typ: 'at+jwt' })}.${encode(payload)}`;
      return { accessToken: `${signed}.${await vault.signJwt(signed, version)}`, expiresIn: exp - now };
    },
    /** The claims of a token made by issue() and still good; anything else throws UnauthenticatedError. */
    verify: async (accessToken: string): Promise<AccessClaims> => {
      await clock.known?.();
      const { jwks } = await keys.current();
      const known = verified.get(accessToken);
      if (known?.jwks === jwks && known.claims.exp > clock().getTime() / 1000 - clockSkewSeconds) return known.claims;
      const options = { algorithms: ['RS256'], typ: 'at+jwt', issuer, audience, currentDate: clock(), clockTolerance: clockSkewSeconds };
      try {
        // Only the key the vault publishes under this kid counts: keys and addresses of keys inside the token are ignored.
        const { payload } = await jwtVerify(accessToken, async (header: JWTHeaderParameters) => (await keys.find(header))(header), options);
        const claims = Claims.parse(payload);
        verified.set(accessToken, { jwks, claims });
        return claims;
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof z.ZodError) throw new UnauthenticatedError();
        throw error;
      }
    },
    /** The public keys, for whoever verifies tokens elsewhere. */
    publicJwks: (): Promise<JSONWebKeySet> => keys.all(),
  };
}

/** The vault's public keys, kept for ten minutes, and longer while the vault is away. An unknown kid asks again, at most every ten seconds. */
function createKeySource(vault: TokensDeps['vault'], clock: () => Date) {
  type Keys = Awaited<ReturnType<Vault['jwks']>>;
  let known: { readonly jwks: Keys; readonly resolve: ReturnType<typeof createLocalJWKSet>; readonly at: number } | undefined;
  let asked = 0;

  async function load(): Promise<NonNullable<typeof known>> {
    asked = performance.now();
    const jwks = await vault.jwks();
    known = { jwks, resolve: createLocalJWKSet(jwks), at: performance.now() };
    return known;
  }
  async function current(): Promise<NonNullable<typeof known>> {
    if (!known) return load();
    const now = performance.now();
    if (now - known.at < keysFreshMs || now - asked < askAgainMs) return known;
    const old = known;
    return load().catch((error: unknown) => {
      if (error instanceof UnavailableError) return old; // old keys verify as well as ever: the vault's outage must not sign everybody out
      throw error;
    });
  }
  return {
    current,
    all: async (): Promise<JSONWebKeySet> => (await current()).jwks,
    /** The newest key that everybody can know by now; the first of all, when there is no other, at once. */
    async signing(): Promise<{ kid: string; version: number }> {
      const { keys } = (await current()).jwks;
      const before = clock().getTime() / 1000 - publishedSeconds;
      const kid = (keys.find(({ iat }) => iat <= before) ?? keys.at(-1))?.kid ?? '';
      return { kid, version: Number(kid.replace('jwt-', '')) };
    },
    async find({ kid }: JWTHeaderParameters): Promise<ReturnType<typeof createLocalJWKSet>> {
      if (!kid) throw new errors.JWKSNoMatchingKey();
      const now = await current();
      const isKnown = now.jwks.keys.some((key) => key.kid === kid);
      return isKnown || performance.now() - asked < askAgainMs ? now.resolve : (await load()).resolve;
    },
  };
}

/** A refresh token: 32 random bytes for the client, their SHA-256 for the database. */
export function newRefreshToken(): { token: string; hash: Buffer } {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: refreshTokenHash(token) };
}
/** What a refresh token is found by. It is random, so a plain hash is enough. */
export const refreshTokenHash = (token: string): Buffer => createHash('sha256').update(token).digest();
