import assert from 'node:assert/strict';
import { z } from 'zod';
import { isPlatformRole, roles, type Role } from '../../domain/roles.ts';
import type { Route } from '../../api/support/route.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { isTenantTable, readCatalogue, type Table } from '../tenancy/catalogue.ts';
import { plant, type Planted } from '../tenancy/rows.ts';
import { useApi } from '../support/api.ts';
import type { Answer } from '../support/http.ts';
import { nowhere, pathOf, requestFor } from '../support/samples.ts';

/** Routes by which the platform's own roles reach what is in a school: the registry of schools, the accounts of everybody, the accesses by break-glass, how a school's debts are collected, what is certified of it. */
const ofThePlatform: ReadonlySet<string> = new Set([
  'get /v1/tenants',
  'get /v1/tenants/{id}',
  'post /v1/tenants/{id}/suspend',
  'post /v1/tenants/{id}/resume',
  'post /v1/accounts/{id}/suspend',
  'post /v1/accounts/{id}/resume',
  'get /v1/break-glass',
  'get /v1/break-glass/{id}',
  'post /v1/break-glass/{id}/end',
  'get /v1/privacy/policy',
  'get /v1/privacy/requests',
  'get /v1/billing/dunning-policy',
  'get /v1/billing/dunning-policies',
  'get /v1/billing/metrics',
  'get /v1/privacy/certificates',
  'get /v1/privacy/certificates/{id}',
  'get /v1/privacy/certificates/{id}/pdf',
  'get /v1/privacy/exports',
  'get /v1/consents',
  'get /v1/consents/history',
]);
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const shapeOf = ({ query }: Route): Readonly<Record<string, z.ZodType>> => (query instanceof z.ZodObject ? query.shape : {});
const nameOf = ({ method, path }: Route): string => `${method} ${path}`;

const isRegistry = (route: Route, role: Role): boolean => isPlatformRole(role) && ofThePlatform.has(nameOf(route));

/** All that an answer tells, but what names the request itself. */
function told({ status, headers, body }: Answer): unknown {
  const said = [...headers].filter(([name]) => !['date', 'x-request-id', 'ratelimit', 'content-length'].includes(name));
  return { status, said, body: body && { ...body, instance: '' } };
}

describe('what is another tenant’s', function () {
  this.timeout(120_000);
  const api = useApi();
  const victim = newId();
  let tables: readonly Table[];
  /** The id of everything the other tenant has, a row of every table there is. */
  let ids: readonly string[];
  /** Of those, what a list could go on from: the first and the last. */
  const positions = (): string[] => [ids[0] ?? '', ids.at(-1) ?? ''];
  const snapshot = (): Promise<string> =>
    inTenant(api.databases.main, victim, async (trx) => {
      const rows: Record<string, unknown> = {};
      for (const { name } of tables) rows[name] = await trx(name).where(name === 'tenants' ? { id: victim } : { tenant_id: victim });
      return JSON.stringify(rows);
    });

  before(async () => {
    const { main } = api.databases;
    tables = (await readCatalogue(main)).filter((table) => isTenantTable(table) && table.privileges.includes('SELECT'));
    const planted: Planted = await plant(main, await readCatalogue(main), victim);
    await inTenant(main, victim, (trx) => trx('uploads').update({ status: 'stored' }));
    const own = tables.map(({ name }) => String(planted[name]?.['id'] ?? planted[name]?.['tenant_id']));
    ids = [...new Set([...own, victim].filter((value) => uuid.test(value)))].sort();
  });

  const ask = async (route: Route, role: Role, id: string): Promise<unknown> =>
    told(await api.send(pathOf(route, id), { ...requestFor(route), as: role }));
  /** Who gets past the door; the others are told the same whatever they ask for. */
  const mayUse = ({ access }: Route, role: Role): boolean => {
    if (access === 'public' || access === 'signed-in') return true;
    const { tenantId } = api.member(role);
    return api.deps.policies.can({ role, tenantId }, access.object, access.action);
  };

  it('is of many kinds, each with an id to try', () => {
    assert.ok(ids.length >= 10, `${ids.length} ids of ${tables.length} tables`);
    assert.ok(ids.includes(victim));
  });

  it('is told from what is nowhere by no route with an id, to no role, and stays as it is', async () => {
    const routes = api.routes.filter(({ path, access }) => /\{\w*id\}/i.test(path) && access !== 'public');
    assert.ok(routes.length >= 15);
    const before = await snapshot();
    let asked = 0;
    for (const route of routes)
      for (const role of roles) {
        if (isRegistry(route, role)) continue;
        const unknown = await ask(route, role, nowhere);
        const opened = mayUse(route, role);
        assert.equal((unknown as { status: number }).status, opened ? 404 : 403, `${nameOf(route)} as ${role}`);
        const tried = opened ? ids : [victim];
        const answers = await Promise.all(tried.map((id) => ask(route, role, id)));
        for (const [at, answer] of answers.entries()) assert.deepEqual(answer, unknown, `${nameOf(route)} as ${role}: ${tried[at]}`);
        asked += answers.length;
      }
    assert.ok(asked > 500, `${asked} requests`);
    assert.equal(await snapshot(), before);
  });

  it('is no filter of a list either: the answer is that to an id of nothing', async () => {
    const reads = api.routes.filter(({ method }) => method === 'get');
    const filtered = reads.flatMap((route) =>
      Object.entries(shapeOf(route))
        .filter(([, of]) => of.safeParse(nowhere).success && !of.safeParse('nothing').success)
        .map(([name]) => [route, name] as const),
    );
    assert.ok(filtered.length >= 2);
    for (const [route, name] of filtered)
      for (const role of roles.filter((role) => mayUse(route, role) && !isRegistry(route, role))) {
        const list = async (id: string): Promise<unknown> => told(await api.send(`${pathOf(route)}?${name}=${id}`, { as: role }));
        const unknown = await list(nowhere);
        for (const answer of await Promise.all(ids.map(list))) assert.deepEqual(answer, unknown, `${nameOf(route)} as ${role}`);
      }
  });

  it('is behind no cursor: a page after another tenant’s row is a page of one’s own', async () => {
    const lists = api.routes.filter((route) => 'cursor' in shapeOf(route));
    assert.ok(lists.length >= 7);
    for (const route of lists)
      for (const role of roles.filter((role) => mayUse(route, role) && !isRegistry(route, role))) {
        for (const id of positions()) {
          const cursor = Buffer.from(id).toString('base64url');
          const { status, body } = await api.send(`${pathOf(route)}?limit=200&cursor=${cursor}`, { as: role });
          assert.ok(status === 200 || status === 422, `${nameOf(route)} as ${role}: ${status}`);
          const shown = JSON.stringify(body);
          assert.deepEqual(
            ids.filter((other) => shown.includes(other)),
            [],
          );
        }
      }
  });
});
