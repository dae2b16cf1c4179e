import assert from 'node:assert/strict';
import { decodeProtectedHeader } from 'jose';
import { UnavailableError } from '../../domain/errors.ts';
import { newId } from '../../platform/ids.ts';
import { rotateSigningKey } from '../../platform/rotate-signing-key.ts';
import { createTokens, newRefreshToken, refreshTokenHash, type TokensDeps } from '../../platform/tokens.ts';
import { forgeries, signedByPlatform } from '../support/forgeries.ts';
import { makeVault, useVault } from '../support/vault.ts';

const [issuer, audience] = ['https://toolbox.test', 'toolbox-api'];
const identity = () => ({ sub: newId(), tid: newId(), mid: newId(), sid: newId(), role: 'teacher' as const });
const unauthenticated = { code: 'unauthenticated', status: 401 };

describe('platform/tokens', () => {
  const test = useVault();
  const create = (deps: Partial<TokensDeps> = {}) => createTokens({ vault: test.vault, issuer, audience, ...deps });
  const payload = (changes: object = {}): Record<string, unknown> => {
    const now = Math.floor(Date.now() / 1000);
    return { iss: issuer, aud: audience, ...identity(), jti: newId(), iat: now, nbf: now, exp: now + 900, ...changes };
  };
  const signed = (changes: object, header: object = {}): Promise<string> =>
    signedByPlatform({ vault: test.vault, claims: payload }, changes, header);

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
    assert.equal((await create().verify(await signed({ role: 'ops' }))).role, 'ops');
  });

  it('refuses an empty token', async () => {
    await assert.rejects(create().verify(''), unauthenticated);
  });

  for (const [title, forge] of forgeries)
    it(`refuses ${title}`, async () => {
      await assert.rejects(create().verify(await forge({ vault: test.vault, claims: payload })), unauthenticated);
    });

  it('refuses a token it has verified before, once its time is over', async () => {
    let now = new Date();
    const tokens = create({ clock: () => now });
    const { accessToken, expiresIn } = await tokens.issue(identity());
    await tokens.verify(accessToken);
    now = new Date(now.getTime() + (expiresIn + 4) * 1_000);
    await tokens.verify(accessToken); // clocks may differ by a few seconds
    now = new Date(now.getTime() + 2_000);
    await assert.rejects(tokens.verify(accessToken), unauthenticated);
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
    await assert.rejects(tokens.verify(await signed({}, { kid: 'jwt-77' })), unauthenticated);
    assert.equal(asked, 1);
  });

  it('logs nobody out when the signing key is rotated: the new key is published first, signs later, and the old one stays good', async () => {
    const own = await makeVault();
    let ahead = 0;
    const clock = (): Date => new Date(Date.now() + ahead);
    const kidOf = ({ accessToken }: { accessToken: string }): unknown => decodeProtectedHeader(accessToken).kid;
    try {
      const before = createTokens({ vault: own.vault, issuer, audience });
      const old = await before.issue(identity());
      assert.deepEqual(await rotateSigningKey({ call: own.asAdmin, mount: own.mount }), { signing: 'jwt-2', retired: [] });
      const after = createTokens({ vault: own.vault, issuer, audience, clock });
      assert.deepEqual(
        (await after.publicJwks()).keys.map(({ kid }) => kid),
        ['jwt-2', 'jwt-1'],
      );
      assert.equal(kidOf(await after.issue(identity())), 'jwt-1');
      ahead = 31_000;
      const fresh = await after.issue(identity());
      assert.equal(kidOf(fresh), 'jwt-2');
      ahead = 0;
      await after.verify(old.accessToken);
      await createTokens({ vault: own.vault, issuer, audience }).verify(old.accessToken);
    } finally {
      await own.remove();
    }
  }).timeout(30_000);

  it('takes a key out of use only when no token of it can be alive', async () => {
    const own = await makeVault();
    const rotate = (ahead: number) => rotateSigningKey({ call: own.asAdmin, mount: own.mount, clock: () => new Date(Date.now() + ahead) });
    try {
      assert.deepEqual(await rotate(0), { signing: 'jwt-2', retired: [] });
      assert.deepEqual(await rotate(60_000), { signing: 'jwt-3', retired: [] });
      assert.deepEqual(await rotate(2 * 3_600_000), { signing: 'jwt-4', retired: ['jwt-1', 'jwt-2'] });
      const { keys } = await own.vault.jwks();
      assert.deepEqual(
        keys.map(({ kid }) => kid),
        ['jwt-4', 'jwt-3'],
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
