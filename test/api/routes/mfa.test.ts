import assert from 'node:assert/strict';
import type { TOTP } from 'otpauth';
import type { Role } from '../../../domain/roles.ts';
import { createIdentity } from '../../../platform/identity.ts';
import { AccountMfa } from '../../../platform/models/account-mfa.ts';
import { createTokens } from '../../../platform/tokens.ts';
import { openRedis } from '../../../platform/redis.ts';
import { quietLog, useApi } from '../../support/api.ts';
import { enrolAuthenticator } from '../../support/authenticator.ts';
import { servers } from '../../support/servers.ts';
import { useVault } from '../../support/vault.ts';

const problem = (code: string): string => `https://errors.toolbox.example/${code}`;

describe('a second factor', () => {
  const test = useVault();
  const redis = openRedis(servers().redis, quietLog);
  after(() => redis.disconnect());
  const api = useApi(({ main, keyring }) => {
    const { vault } = test;
    const tokens = createTokens({ vault, issuer: 'http://api.test', audience: 'toolbox' });
    return { identity: createIdentity({ main, keyring, vault, tokens, redis }) };
  });
  const credentials = (role: Role) => ({ email: api.member(role).login, password: api.member(role).password });
  const signIn = (role: Role, otp?: string) => api.send('/v1/auth/token', { body: { ...credentials(role), ...(otp ? { otp } : {}) } });
  const call = (act: 'enrol' | 'confirm' | 'remove', role: Role, otp?: string) =>
    api.send(`/v1/auth/mfa/${act}`, { body: { ...credentials(role), ...(otp ? { otp } : {}) } });
  const outcome = ({ status, body }: Awaited<ReturnType<typeof signIn>>) => [status, body?.['type'] && String(body['type'])];

  /** A code of the app, so many steps of 30 s from now. */
  const codeOf = (totp: TOTP, steps = 0): string => totp.generate({ timestamp: Date.now() + steps * 30_000 });
  const enrol = (role: Role) => enrolAuthenticator(api, api.member(role));

  for (const role of ['super_admin', 'ops', 'compliance'] as const)
    it(`is needed by ${role}: no session without one, then none without a code`, async () => {
      assert.deepEqual(outcome(await signIn(role)), [403, problem('mfa-enrolment-required')]);
      const { totp } = await enrol(role);
      assert.deepEqual(outcome(await signIn(role, codeOf(totp))), [403, problem('mfa-enrolment-required')]);
      assert.equal((await call('confirm', role, codeOf(totp, -1))).status, 204);
      assert.deepEqual(outcome(await signIn(role)), [401, problem('mfa-required')]);
      const { status, body } = await signIn(role, codeOf(totp));
      assert.equal(status, 200);
      assert.equal((await api.send('/v1/me', { token: String(body['accessToken']) })).status, 200);
      assert.deepEqual(outcome(await signIn(role, codeOf(totp))), [401, problem('bad-otp')], 'no code is good twice');
    });

  it('is not asked of the roles of a school, but of whoever has one', async () => {
    assert.equal((await signIn('teacher')).status, 200);
    const { totp } = await enrol('teacher');
    assert.equal((await signIn('teacher')).status, 200);
    assert.equal((await call('confirm', 'teacher', codeOf(totp, -1))).status, 204);
    assert.deepEqual(outcome(await signIn('teacher')), [401, problem('mfa-required')]);
    assert.deepEqual(outcome(await call('enrol', 'teacher')), [409, problem('mfa-enrolled')]);
  });

  it('takes each recovery code once, and can be taken away by one', async () => {
    const { totp, recoveryCodes } = await enrol('billing');
    const [one = '', two = '', three = ''] = recoveryCodes;
    assert.deepEqual([recoveryCodes.length, new Set(recoveryCodes).size], [10, 10]);
    assert.deepEqual(outcome(await call('confirm', 'billing', one)), [401, problem('bad-otp')], 'it proves no app');
    assert.equal((await call('confirm', 'billing', codeOf(totp))).status, 204);
    const answers = [await signIn('billing', one.toUpperCase()), await signIn('billing', one)];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 401],
    );
    const race = await Promise.all([signIn('billing', two), signIn('billing', two)]);
    assert.deepEqual(race.map(({ status }) => String(status)).sort(), ['200', '401']);
    assert.equal((await call('remove', 'billing', 'not-a-code')).status, 401);
    assert.equal((await call('remove', 'billing', three)).status, 204);
    assert.equal((await signIn('billing')).status, 200);
  });

  it('refuses codes that are wrong or of another time, and tells nothing to who does not know the password', async () => {
    const { totp } = await enrol('developer');
    await call('confirm', 'developer', codeOf(totp, -1));
    for (const otp of ['000000', codeOf(totp, -3), codeOf(totp, 3), 'abcdefgh']) {
      assert.deepEqual(outcome(await signIn('developer', otp)), [401, problem('bad-otp')]);
    }
    const body = { email: api.member('developer').login, password: 'guess', otp: codeOf(totp) };
    assert.deepEqual(outcome(await api.send('/v1/auth/token', { body })), [401, problem('bad-credentials')]);
    assert.deepEqual(outcome(await api.send('/v1/auth/mfa/remove', { body })), [401, problem('bad-credentials')]);
  });

  it('is kept sealed, and its recovery codes as digests', async () => {
    const { totp, recoveryCodes } = await enrol('guardian');
    const row = await AccountMfa.query(api.main).findById(api.member('guardian').accountId).throwIfNotFound();
    assert.ok(!row.totp_secret.includes(totp.secret.base32) && !row.totp_secret.includes(Buffer.from(totp.secret.bytes)));
    assert.ok(!recoveryCodes.some((code) => row.recovery_hashes.join().includes(code)));
  });
});
