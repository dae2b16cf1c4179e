import assert from 'node:assert/strict';
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { UnavailableError } from '../../domain/errors.ts';
import { newId } from '../../platform/ids.ts';
import { createTokens, newRefreshToken, refreshTokenHash, type TokensDeps } from '../../platform/tokens.ts';
import { makeVault, useVault } from '../support/vault.ts';

const [issuer, audience] = ['https://toolbox.test', 'toolbox-api'];
const identity = () => ({ sub: newId(), tid: newId(), mid: newId(), sid: newId(), role: 'teacher' as const });
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const unauthenticated = { code: 'unauthenticated', status: 401 };

describe('platform/tokens', () => {
  const test = useVault();
  const create = (deps: Partial<TokensDeps> = {}) => createTokens({ vault: test.vault, issuer, audience, ...deps });
  const payload = (changes: object = {}): Record<string, unknown> => {
    const now = Math.floor(Date.now() / 1000);
    return { iss: issuer, aud: audience, ...identity(), jti: newId(), iat: now, nbf: now, exp: now + 900, ...changes };
  };
  /** Signed by the real key, whatever it says. */
  const signed = async (claims: object, header: object = {}): Promise<string> => {
    const input = `${part({ alg: 'RS256', kid: 'jwt-1', typ: 'at+jwt', ...header })}.${part(claims)}`;
    return `${input}.${await test.vault.signJwt(input, 1)}`;
  };

  it('issues a token for fifteen minutes that it knows again', async () => {
    const who = identity();
    const tokens = create();
    const { accessToken, expiresIn } = await tokens.issue(who);
    const { jti, exp, ...claims } = await tokens.verify(accessToken);
    assert.deepEqual([claims, expiresIn], [who, 900]);
    assert.ok(jti && Math.abs(exp - Date.now() / 1000 - 900) < 5);
    const again = await tokens.verify((await tokens.issue(who)).accessToken);
    assert.notEqual(again.jti, jti);
  });

  it('verifies what a token signed by hand in the documented form says', async () => {
    assert.equal((await create().verify(await signed(payload({ role: 'ops' })))).role, 'ops');
  });

  const forgeries: readonly [string, () => Promise<string> | string][] = [
    ['an empty token', () => ''],
    ['what is no token', () => 'a.b.c'],
    ['a token without a signature (alg none)', () => `${part({ alg: 'none', typ: 'at+jwt' })}.${part(payload())}.`],
    ['alg none with our kid', () => `${part({ alg: 'none', kid: 'jwt-1', typ: 'at+jwt' })}.${part(payload())}.`],
    ['HS256 with the public key as secret', async () => hmacWithPublicKey()],
    ['another key under our kid', async () => ownKey({ kid: 'jwt-1' })],
    ['another key that the token brings along', async () => ownKey({ kid: 'jwt-1' }, true)],
    ['another key that the token points to', async () => ownKey({ kid: 'jwt-1', jku: 'http://127.0.0.1:1/keys' })],
    ['an unknown kid', () => signed(payload(), { kid: 'jwt-99' })],
    ['a token without a kid', () => signed(payload(), { kid: undefined })],
    ['another kind of token', () => signed(payload(), { typ: 'JWT' })],
    ['another audience', () => signed(payload({ aud: 'elsewhere' }))],
    ['another issuer', () => signed(payload({ iss: 'https://elsewhere.test' }))],
    ['an expired token', () => signed(payload({ exp: Math.floor(Date.now() / 1000) - 60 }))],
    ['a token without an end', () => signed(payload({ exp: undefined }))],
    ['a token of the future', () => signed(payload({ nbf: Math.floor(Date.now() / 1000) + 60 }))],
    ['a role that does not exist', () => signed(payload({ role: 'root' }))],
    ['a token without a tenant', () => signed(payload({ tid: undefined }))],
    ['a critical header it does not know', () => signed(payload(), { crit: ['b64'], b64: false })],
    ['claims changed after signing', async () => altered(1)],
    ['a signature with a bit changed', async () => altered(2)],
  ];
  async function hmacWithPublicKey(): Promise<string> {
    const [jwk] = (await test.vault.jwks()).keys;
    const pem = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    return new SignJWT(payload()).setProtectedHeader({ alg: 'HS256', kid: 'jwt-1', typ: 'at+jwt' }).sign(Buffer.from(pem));
  }
  async function ownKey(header: object, embedded = false): Promise<string> {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const jwk = embedded ? { jwk: await exportJWK(publicKey) } : {};
    return new SignJWT(payload()).setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', ...header, ...jwk }).sign(privateKey);
  }
  async function altered(index: 1 | 2): Promise<string> {
    const parts = (await signed(payload())).split('.');
    const bytes = Buffer.from(parts[index] ?? '', 'base64url');
    if (index === 1) parts[1] = Buffer.from(bytes.toString().replace('"teacher"', '"super_admin"')).toString('base64url');
    else parts[2] = Buffer.from(bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte))).toString('base64url');
    return parts.join('.');
  }
  for (const [title, forge] of forgeries)
    it(`refuses ${title}`, async () => {
      await assert.rejects(create().verify(await forge()), unauthenticated);
    });

  it('goes on verifying while the vault is away, and cannot issue', async () => {
    let away = false;
    const down = async <T>(work: () => Promise<T>): Promise<T> => {
      if (away) throw new UnavailableError('vault');
      return work();
    };
    const tokens = create({ vault: { jwks: () => down(test.vault.jwks), signJwt: (...of) => down(() => test.vault.signJwt(...of)) } });
    const { accessToken } = await tokens.issue(identity());
    away = true;
    await tokens.verify(accessToken);
    await assert.rejects(tokens.issue(identity()), { code: 'unavailable' });
  });

  it('asks the vault once for many tokens', async () => {
    let asked = 0;
    const tokens = create({
      vault: {
        ...test.vault,
        jwks: () => {
          asked += 1;
          return test.vault.jwks();
        },
      },
    });
    const { accessToken } = await tokens.issue(identity());
    for (let time = 0; time < 20; time += 1) await tokens.verify(accessToken);
    await assert.rejects(tokens.verify(await signed(payload(), { kid: 'jwt-77' })), unauthenticated);
    assert.equal(asked, 1);
  });

  it('knows tokens of both keys after the signing key was rotated', async () => {
    const own = await makeVault();
    try {
      const before = createTokens({ vault: own.vault, issuer, audience });
      const old = await before.issue(identity());
      await own.asAdmin('POST', `${own.mount}/keys/jwt/rotate`, {});
      const after = createTokens({ vault: own.vault, issuer, audience });
      const { accessToken } = await after.issue(identity());
      assert.match(Buffer.from(accessToken.split('.')[0] ?? '', 'base64url').toString(), /"jwt-2"/);
      await after.verify(old.accessToken);
      await after.verify(accessToken);
      assert.deepEqual(
        (await after.publicJwks()).keys.map(({ kid }) => kid),
        ['jwt-2', 'jwt-1'],
      );
    } finally {
      await own.remove();
    }
  }).timeout(30_000);

  it('makes refresh tokens nobody guesses and stores only their hash', () => {
    const [one, other] = [newRefreshToken(), newRefreshToken()];
    assert.match(one.token, /^[\w-]{43}$/);
    assert.notEqual(one.token, other.token);
    assert.deepEqual(refreshTokenHash(one.token), one.hash);
    assert.equal(one.hash.length, 32);
  });
});
