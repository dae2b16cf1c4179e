import assert from 'node:assert/strict';
import { useApi } from '../../support/api.ts';

const problem = (code: string): string => `https://errors.toolbox.example/${code}`;

describe('signing in', () => {
  const api = useApi();
  const signIn = (login: string, password: string, tenant?: string) =>
    api.send('/v1/auth/token', { body: { email: login, password, ...(tenant ? { tenant } : {}) } });
  const refresh = (refreshToken: unknown) => api.send('/v1/auth/refresh', { body: { refreshToken } });
  const me = (token: unknown) => api.send('/v1/me', { token: String(token) });

  it('answers tokens that open the API as that account, in that school', async () => {
    const teacher = api.member('teacher', 1);
    const { status, body } = await signIn(teacher.login.toUpperCase(), teacher.password, api.schools[1].slug);
    assert.deepEqual([status, body['tokenType'], body['expiresIn']], [200, 'Bearer', 900]);
    const own = await me(body['accessToken']);
    assert.equal(own.status, 200);
    assert.deepEqual(own.body['account']?.['login'], teacher.login);
    assert.deepEqual([own.body['membership']?.['role'], own.body['tenant']?.['id']], ['teacher', api.schools[1].id]);
    assert.deepEqual(own.body['permissions'], api.deps.policies.permissionsOf({ role: 'teacher', tenantId: api.schools[1].id }));
  });

  it('tells neither whether the login or the password was wrong', async () => {
    const { login, password } = api.member('teacher');
    const answers = [await signIn(login, 'not the password'), await signIn('nobody@example.com', password)];
    for (const { status, body } of answers) assert.deepEqual([status, body['type']], [401, problem('bad-credentials')]);
    assert.equal(answers[0]?.body['detail'], answers[1]?.body['detail']);
  });

  it('does not let an account into a school it is no member of', async () => {
    const { login, password } = api.member('teacher', 1);
    assert.equal((await signIn(login, password, api.schools[0].slug)).status, 403);
  });

  it('trades a refresh token once; presenting it again ends the whole session', async () => {
    const { login, password } = api.member('billing');
    const first = (await signIn(login, password)).body;
    const second = await refresh(first['refreshToken']);
    assert.equal(second.status, 200);
    assert.notEqual(second.body['refreshToken'], first['refreshToken']);
    assert.equal((await me(second.body['accessToken'])).status, 200);
    const reused = await refresh(first['refreshToken']);
    assert.deepEqual([reused.status, reused.body['type']], [401, problem('session-ended')]);
    const after = [await refresh(second.body['refreshToken']), await me(second.body['accessToken']), await me(first['accessToken'])];
    assert.deepEqual(
      after.map(({ status }) => status),
      [401, 401, 401],
    );
  });

  it('ends a session at once on logout, and only that session', async () => {
    const { login, password } = api.member('developer');
    const [one, other] = [(await signIn(login, password)).body, (await signIn(login, password)).body];
    const logout = await api.send('/v1/auth/logout', { method: 'POST', token: String(one['accessToken']) });
    assert.deepEqual([logout.status, logout.body], [204, undefined]);
    const ended = await me(one['accessToken']);
    assert.deepEqual([ended.status, ended.body['type']], [401, problem('session-ended')]);
    assert.equal((await refresh(one['refreshToken'])).status, 401);
    assert.equal((await me(other['accessToken'])).status, 200);
  });

  it('refuses tokens that were changed, are unsigned, or are none', async () => {
    const { accessToken } = api.member('teacher');
    const [head = '', payload = '', signature = ''] = accessToken.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const raised = Buffer.from(JSON.stringify({ ...claims, role: 'tenant_admin' })).toString('base64url');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
    for (const token of [`${head}.${raised}.${signature}`, `${none}.${payload}.`, 'x', `${head}.${payload}`]) {
      const { status, body } = await me(token);
      assert.deepEqual([status, body['type']], [401, problem('unauthenticated')]);
    }
  });

  it('publishes the keys its tokens are signed with', async () => {
    const { body } = await api.send('/.well-known/jwks.json');
    const [head = ''] = api.member('ops').accessToken.split('.');
    const { kid, alg } = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, string>;
    const keys = body['keys'] as unknown as { kid: string; kty: string; d?: string }[];
    assert.equal(alg, 'RS256');
    assert.deepEqual(
      keys.filter((key) => key.kid === kid).map(({ kty, d }) => [kty, d]),
      [['RSA', undefined]],
    );
  });
});
