import assert from 'node:assert/strict';
import { useApi } from '../support/api.ts';
import { rawRequest, sendRaw, statusOf } from '../support/raw-http.ts';

const json = { 'content-type': 'application/json' };
const nowhere = '0190d1a0-0000-7000-8000-0000000000aa';

describe('hostile input', () => {
  const api = useApi();
  const bearer = (): string => `Authorization: Bearer ${api.member('super_admin').accessToken}`;

  describe('in text', () => {
    it('refuses text no database holds, in a query, in a body and in a path', async () => {
      const query = await api.send('/v1/runs?process=%00h', { as: 'super_admin' });
      assert.equal(query.status, 422);
      const raw = '{"email":"a\\u0000@example.com","password":"x"}';
      assert.equal((await api.send('/v1/auth/token', { raw, headers: json, method: 'POST' })).status, 400);
      const key = '{"em\\u0000ail":1}';
      assert.equal((await api.send('/v1/auth/token', { raw: key, headers: json, method: 'POST' })).status, 400);
      assert.equal((await api.send('/v1/tenants/%00', { as: 'super_admin' })).status, 404);
      assert.equal((await api.send(`/v1/runs/${nowhere}/messages/%00`, { as: 'super_admin', body: {} })).status, 404);
    });

    it('refuses half a character', async () => {
      const raw = '{"email":"\\ud800@example.com","password":"x"}';
      assert.equal((await api.send('/v1/auth/token', { raw, headers: json, method: 'POST' })).status, 400);
    });

    it('takes an astral character for what it is', async () => {
      const body = { email: '\u{1f393}@example.com', password: 'x' };
      assert.equal((await api.send('/v1/auth/token', { body })).status, 401);
    });
  });

  describe('in paths', () => {
    const detours = [
      '/v1/tenants/..%2f..%2fetc%2fpasswd',
      '/v1/runs%2f' + nowhere,
      '/v1/tenants/%2e%2e/me',
      '//v1/me',
      '/v1//me',
      '/v1/me/..;/tenants',
      '/v1/me\\..\\tenants',
      '/v1/tenants/%E0%A4%A',
      '/v1/tenants/%c0%ae%c0%ae',
      '/.git/config',
      '/v1/__proto__',
      '/v1/people/constructor',
    ];
    for (const path of detours) {
      it(`finds nothing at ${path}`, async () => {
        const answer = await sendRaw(api.url, rawRequest(`GET ${path}`, [bearer()]));
        assert.ok([400, 403, 404].includes(statusOf(answer)), answer.slice(0, 200));
      });
    }

    it('reads an absolute target as its path, and serves no other host', async () => {
      assert.equal(statusOf(await sendRaw(api.url, rawRequest('GET http://elsewhere.example/healthz'))), 200);
      assert.equal(statusOf(await sendRaw(api.url, rawRequest('CONNECT elsewhere.example:443'))), 0);
    });

    it('asks for a token before it looks at a path', async () => {
      for (const path of ['/v1/me?role=super_admin', '/v1/me/', '/v1/ME'])
        assert.equal(statusOf(await sendRaw(api.url, rawRequest(`GET ${path}`))), 401, path);
    });
  });

  describe('in headers', () => {
    it('lets no header name another method, path, host or client', async () => {
      const tricks = [
        'X-HTTP-Method-Override: DELETE',
        'X-Original-URL: /v1/tenants',
        'X-Rewrite-URL: /v1/tenants',
        'X-Forwarded-Host: elsewhere.example',
        'X-Forwarded-For: 127.0.0.1',
      ];
      const answer = await sendRaw(api.url, rawRequest('GET /healthz', tricks));
      assert.equal(statusOf(answer), 200);
      assert.doesNotMatch(answer, /elsewhere/);
    });

    it('refuses queries that are too large', async () => {
      assert.equal(statusOf(await sendRaw(api.url, rawRequest(`GET /v1/runs?cursor=${'a'.repeat(20_000)}`, [bearer()]))), 431);
      const many = Array.from({ length: 2_000 }, (_, at) => `a${at}`).join('&');
      assert.equal((await api.send(`/v1/people?${many}`, { as: 'tenant_admin' })).status, 422);
    });

    it('takes no repeated parameter for one', async () => {
      assert.equal((await api.send('/v1/runs?limit=1&limit=2', { as: 'super_admin' })).status, 422);
      assert.equal((await api.send('/v1/runs?limit[]=1&__proto__=1&cursor=', { as: 'super_admin' })).status, 422);
    });
  });
});
