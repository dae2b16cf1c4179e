import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { platformTenantId } from '../../../domain/roles.ts';
import { inTenant } from '../../../platform/database.ts';
import { passwordResetToken } from '../../../platform/identity/password-reset.ts';
import { Account } from '../../../platform/models/account.ts';
import { Run } from '../../../platform/models/run.ts';
import { useApi } from '../../support/api.ts';

const problem = (code: string): string => `https://errors.toolbox.example/${code}`;
const hourMs = 3_600_000;

describe('resetting a password', () => {
  const api = useApi();
  const ask = (email: string) => api.send('/v1/auth/password-reset', { body: { email } });
  const confirm = (token: string, password: string) => api.send('/v1/auth/password-reset/confirm', { body: { token, password } });
  const signIn = (email: string, password: string) => api.send('/v1/auth/token', { body: { email, password } });
  const tokenOf = async (accountId: string, expiresAt = new Date(Date.now() + hourMs)): Promise<string> => {
    const { password_hash: passwordHash } = await Account.query(api.main).findById(accountId).throwIfNotFound();
    return passwordResetToken(api.vault, { accountId, expiresAt, passwordHash: passwordHash ?? '' });
  };
  const runs = () =>
    inTenant(api.main, platformTenantId, async (trx) => Run.query(trx).where({ process: 'reset-password' }).orderBy('id', 'desc'));

  it('answers the same whether there is such an account: a run finds out, and its record names nobody', async () => {
    const { login } = api.member('teacher');
    const answers = [await ask(login), await ask(`${randomBytes(6).toString('hex')}@example.com`)];
    for (const { status, body } of answers) assert.deepEqual([status, body], [202, { accepted: true }]);
    const started = await runs();
    assert.equal(started.length, 2);
    for (const run of started) {
      assert.ok(run.sealed_input_id);
      assert.doesNotMatch(JSON.stringify(run), /@/);
      const handle = api.deps.temporal.client.workflow.getHandle(run.workflow_id);
      await handle.terminate('the test needs no worker');
    }
  });

  it('is asked for three times an hour for one login, known or not', async () => {
    const login = `${randomBytes(6).toString('hex')}@example.com`;
    const statuses = [];
    for (let time = 0; time < 4; time += 1) statuses.push((await ask(login)).status);
    assert.deepEqual(statuses, [202, 202, 202, 429]);
    for (const run of (await runs()).slice(0, 3)) await api.deps.temporal.client.workflow.getHandle(run.workflow_id).terminate();
  });

  it('sets the new password once and ends every session of the account', async () => {
    const { accountId, login, accessToken, refreshToken } = api.member('teacher');
    const token = await tokenOf(accountId);
    const { status, body } = await confirm(token, 'a wholly new password');
    assert.deepEqual([status, body], [204, undefined]);
    assert.equal((await api.send('/v1/me', { token: accessToken })).status, 401);
    assert.equal((await api.send('/v1/auth/refresh', { body: { refreshToken } })).status, 401);
    assert.equal((await signIn(login, 'a wholly new password')).status, 200);
    assert.equal((await signIn(login, api.member('student').password)).status, 401);
    const again = await confirm(token, 'another new password');
    assert.deepEqual([again.status, again.body['type']], [410, problem('password-reset-invalid')]);
    const log = await api.send(`/v1/audit?objectId=${accountId}`, { as: 'compliance' });
    assert.equal(String(log.body['items']?.[0]?.['action']), 'account.reset-password');
  });

  it('lets one of two that come at once win', async () => {
    const token = await tokenOf(api.member('billing').accountId);
    const answers = await Promise.all([confirm(token, 'a wholly new password'), confirm(token, 'quite another password')]);
    assert.deepEqual(answers.map(({ status }) => String(status)).sort(), ['204', '410']);
  });

  it('leaves the code good when the new password is too weak', async () => {
    const { accountId, login } = api.member('developer');
    const token = await tokenOf(accountId);
    for (const weak of ['short', login]) assert.equal((await confirm(token, weak)).body['type'], problem('weak-password'));
    assert.equal((await confirm(token, 'a wholly new password')).status, 204);
  });

  it('is refused with a code that is too old, changed, of another account, or of one that is suspended', async () => {
    const { accountId } = api.member('guardian');
    const token = await tokenOf(accountId);
    const bytes = Buffer.from(token, 'base64url');
    const changed = (at: number): string => Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))).toString('base64url');
    const codes = [
      await tokenOf(accountId, new Date(Date.now() - 1_000)),
      changed(4),
      changed(10),
      changed(40),
      `${token}A`,
      'x',
      token.slice(2),
    ];
    for (const code of codes) {
      const { status, body } = await confirm(code, 'a wholly new password');
      assert.deepEqual([status, body['type']], [410, problem('password-reset-invalid')]);
    }
    await api.send(`/v1/accounts/${accountId}/suspend`, { as: 'ops', body: { reason: 'security' } });
    assert.equal((await confirm(token, 'a wholly new password')).status, 410);
  });
});
