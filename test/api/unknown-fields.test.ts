import assert from 'node:assert/strict';
import { z } from 'zod';
import { roles, type Role } from '../../domain/roles.ts';
import type { Route } from '../../api/support/route.ts';
import { useApi } from '../support/api.ts';
import type { Answer } from '../support/http.ts';
import { bodyFor, nowhere, pathOf, requestFor } from '../support/samples.ts';

/** Fields an attacker adds in the hope that they reach a row. */
const wished = ['id', 'tenantId', 'tenant_id', 'accountId', 'role', 'roles', 'status', 'permissions', 'version', 'createdAt', 'isAdmin'];
/** Routes whose body is judged by what the path names: by the run's own process, when the run is known. */
const free: ReadonlySet<string> = new Set(['post /v1/runs/{id}/messages/{name}']);
const nameOf = ({ method, path }: Route): string => `${method} ${path}`;
const encoded = (text: string): string => Buffer.from(text).toString('base64url');

describe('every route', function () {
  this.timeout(60_000);
  const api = useApi();
  /** Somebody whom the route lets in; nobody in particular when it asks nobody. */
  const opener = ({ access }: Route): { as?: Role } => {
    if (access === 'public') return {};
    if (access === 'signed-in') return { as: 'tenant_admin' };
    const as = roles.find((role) => api.deps.policies.can({ role, tenantId: api.member(role).tenantId }, access.object, access.action));
    return as ? { as } : {};
  };
  const refused = ({ status, body }: Answer, what: string): void => {
    assert.equal(status, 422, what);
    assert.equal(body['type'], 'https://errors.toolbox.example/invalid-input', what);
  };

  it('with a body refuses each field it does not know, beside a body that it takes', async () => {
    const taking = api.routes.filter((route) => (route.body ?? route.form) && !free.has(nameOf(route)));
    assert.ok(taking.length >= 18);
    for (const route of taking) {
      const known = bodyFor(route) ?? {};
      for (const field of wished.filter((name) => !(name in known))) {
        const answer = await api.send(pathOf(route), { ...requestFor(route, { ...known, [field]: nowhere }), ...opener(route) });
        refused(answer, `${nameOf(route)} with ${field}`);
        assert.ok(JSON.stringify(answer.body['issues']).includes(field), `${nameOf(route)} with ${field}`);
      }
    }
  });

  it('with a body refuses one that is of another shape altogether', async () => {
    for (const route of api.routes.filter(({ body }) => body))
      for (const raw of ['null', '[]', '"text"', '0', '[{}]', 'true']) {
        const request = { ...requestFor(route), body: undefined, raw };
        const headers = { ...request.headers, 'content-type': 'application/json' };
        refused(await api.send(pathOf(route), { ...request, headers, ...opener(route) }), `${nameOf(route)} with ${raw}`);
      }
  });

  it('with filters refuses those it does not know, and the same one twice', async () => {
    const filtered = api.routes.filter(({ query }) => query);
    assert.ok(filtered.length >= 7);
    for (const route of filtered) {
      const request = { ...requestFor(route), ...opener(route) };
      for (const query of ['tenantId=x', 'tenant_id=x', 'sort=name', 'include=secrets', 'filter[status]=x', 'limit[]=1', 'Limit=1', '1=1'])
        refused(await api.send(`${pathOf(route)}?${query}`, request), `${nameOf(route)}?${query}`);
      for (const name of Object.keys(route.query instanceof z.ZodObject ? route.query.shape : {}))
        refused(await api.send(`${pathOf(route)}?${name}=1&${name}=2`, request), `${nameOf(route)}: ${name} twice`);
    }
  });

  it('with pages refuses cursors and sizes that are none', async () => {
    const paged = api.routes.filter(({ query }) => query instanceof z.ZodObject && 'cursor' in query.shape);
    const made = [
      'x',
      `${nowhere}0`,
      `${nowhere}' or '1'='1`,
      `${nowhere}\n`,
      '1 or 1=1',
      '-1',
      '9'.repeat(40),
      '{"id":1}',
      '\0',
      '\u00e9',
    ];
    const cursors = ['', '%00', '....', 'a'.repeat(401), nowhere, ...made.map(encoded)];
    for (const route of paged) {
      for (const cursor of cursors)
        refused(await api.send(`${pathOf(route)}?cursor=${cursor}`, opener(route)), `${nameOf(route)}: cursor ${cursor}`);
      for (const limit of ['0', '-1', '201', '1.5', 'ten', '', 'NaN', 'Infinity', '1,2', '1e9'])
        refused(await api.send(`${pathOf(route)}?limit=${limit}`, opener(route)), `${nameOf(route)}: limit ${limit}`);
    }
  });
});
