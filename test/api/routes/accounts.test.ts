import assert from 'node:assert/strict';
import type { Role } from '../../../domain/roles.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import { verifyChain } from '../../../platform/audit.ts';
import { useApi } from '../../support/api.ts';

const problem = (code: string): string => `https://errors.toolbox.example/${code}`;

describe('suspending an account', () => {
  const api = useApi();
  const suspend = (accountId: string, as: Role = 'ops') =>
    api.send(`/v1/accounts/${accountId}/suspend`, { as, body: { reason: 'security' } });
  const resume = (accountId: string) => api.send(`/v1/accounts/${accountId}/resume`, { as: 'ops', method: 'POST' });
  const signIn = ({ login: email, password }: { login: string; password: string }) =>
    api.send('/v1/auth/token', { body: { email, password } });
  const status = async (token: string): Promise<number> => (await api.send('/v1/me', { token })).status;

  it('ends its sessions at once, lets it in no more, and touches nobody else', async () => {
    const { accessToken, refreshToken, accountId, ...who } = api.member('teacher');
    assert.equal(await status(accessToken), 200);
    const { body } = await suspend(accountId);
    assert.deepEqual(
      [body['id'], body['status'], body['suspendedReason'], body['actions']],
      [accountId, 'suspended', 'security', ['resume']],
    );
    assert.equal(await status(accessToken), 401);
    assert.equal((await api.send('/v1/auth/refresh', { body: { refreshToken } })).status, 401);
    const refused = await signIn(who);
    assert.deepEqual([refused.status, refused.body['type']], [403, problem('account-suspended')]);
    assert.equal(await status(api.member('student').accessToken), 200);
  });

  it('is undone by resuming: it signs in anew, sessions of before stay ended', async () => {
    const { accessToken, accountId, ...who } = api.member('teacher');
    const { body } = await resume(accountId);
    assert.deepEqual([body['status'], body['suspendedReason'], body['actions']], ['active', null, ['suspend']]);
    assert.deepEqual([await status(accessToken), (await signIn(who)).status], [401, 200]);
  });

  it('changes nothing when it is asked for again, and each change stands in the log of the platform', async () => {
    const { accountId } = api.member('student');
    const answers = [await suspend(accountId), await suspend(accountId), await resume(accountId), await resume(accountId)];
    assert.deepEqual(
      answers.map(({ body }) => String(body['status'])),
      ['suspended', 'suspended', 'active', 'active'],
    );
    const log = await api.send(`/v1/audit?objectId=${accountId}`, { as: 'compliance' });
    const entries = log.body['items'] as unknown as { action: string; actorId: string }[];
    assert.deepEqual(
      entries.map(({ action }) => action),
      ['account.resume', 'account.suspend', 'account.create'],
    );
    assert.equal(entries[0]?.actorId, api.member('ops').accountId);
    assert.equal((await verifyChain(api.databases.owner, platformTenantId)).intact, true);
  });

  it('is refused for the account one uses, for who may do more, for nobody, and without a reason of ours', async () => {
    const { accountId: own } = api.member('ops');
    const { accountId: superior } = api.member('super_admin');
    assert.deepEqual([(await suspend(own)).status, (await suspend(superior)).status], [403, 403]);
    assert.equal(await status(api.member('super_admin').accessToken), 200);
    assert.equal((await suspend('0190d1a0-0000-7000-8000-0000000000ff')).status, 404);
    const words = await api.send(`/v1/accounts/${superior}/suspend`, { as: 'ops', body: { reason: 'Ada was rude' } });
    assert.equal(words.status, 422);
    assert.equal((await suspend(own, 'super_admin')).status, 200);
  });
});
