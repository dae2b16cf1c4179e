import assert from 'node:assert/strict';
import { newId } from '../../platform/ids.ts';
import { useApi } from '../support/api.ts';
import { type Forger, forgeries, signedByPlatform } from '../support/forgeries.ts';

const problem = (code: string): string => `https://errors.toolbox.example/${code}`;

describe('attacks on access tokens, over HTTP', () => {
  const api = useApi();
  const me = (token: string) => api.send('/v1/me', { token });
  /** What the teacher's own token says: a session in force, so that nothing but the forgery can be the reason of a refusal. */
  const forger = (): Forger => {
    const [, payload = ''] = api.member('teacher').accessToken.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    return { vault: api.vault, claims: (changes) => ({ ...claims, jti: newId(), ...changes }) };
  };

  it('lets in the same claims when nothing is wrong with them', async () => {
    assert.equal((await me(await signedByPlatform(forger()))).status, 200);
  });

  for (const [title, forge] of forgeries)
    it(`answers 401 to ${title}`, async () => {
      const { status, body, headers } = await me(await forge(forger()));
      assert.deepEqual([status, body['type'], headers.get('www-authenticate')], [401, problem('unauthenticated'), 'Bearer']);
    });

  it('answers 401 to a refresh token in place of an access token', async () => {
    const { status, body } = await me(api.member('teacher').refreshToken);
    assert.deepEqual([status, body['type']], [401, problem('unauthenticated')]);
  });

  it('answers 401 to an access token in place of a refresh token, and leaves its session be', async () => {
    const { accessToken } = api.member('teacher');
    const refresh = (refreshToken: string) => api.send('/v1/auth/refresh', { body: { refreshToken } });
    assert.equal((await refresh(accessToken)).status, 422); // longer than any refresh token
    assert.equal((await refresh(accessToken.slice(-512))).status, 401);
    assert.equal((await me(accessToken)).status, 200);
  });

  it('answers 401 to a token in the query, in a form or under another scheme', async () => {
    const { accessToken } = api.member('teacher');
    const answers = [
      await api.send(`/v1/me?access_token=${accessToken}`),
      await api.send('/v1/me', { headers: { authorization: `Basic ${accessToken}` } }),
      await api.send('/v1/me', { headers: { authorization: `Bearer ${accessToken} x` } }),
      await api.send('/v1/me', { headers: { cookie: `token=${accessToken}` } }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [401, 401, 401, 401],
    );
  });

  it('takes a claim of another role, tenant or account for nothing: the session says whose it is', async () => {
    const raised = await me(await signedByPlatform(forger(), { role: 'tenant_admin' }));
    assert.deepEqual([raised.status, raised.body['membership']?.['role']], [200, 'teacher']);
    for (const changes of [{ tid: api.schools[1].id }, { sub: api.member('tenant_admin').accountId }, { mid: newId() }, { sid: newId() }]) {
      const { status, body } = await me(await signedByPlatform(forger(), changes));
      assert.deepEqual([status, body['type']], [401, problem('session-ended')]);
    }
  });
});
