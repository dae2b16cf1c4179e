import assert from 'node:assert/strict';
import type { Route } from '../../api/support/route.ts';
import { accessLevels, type AccessLevel } from '../../domain/dunning/policy.ts';
import { platformRoles, tenantRoles, type Role } from '../../domain/roles.ts';
import { inPlatform, inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { Run } from '../../platform/models/run.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import { useApi } from '../support/api.ts';
import { pathOf, requestFor } from '../support/samples.ts';

/** What stays open to a school that owes, whatever its level, written by hand: how it pays, coming and going, and what was done for people. */
const paying: ReadonlySet<string> = new Set([
  'post /v1/auth/logout',
  'get /v1/me',
  'get /v1/privacy/certificates',
  'get /v1/privacy/certificates/{id}',
  'get /v1/privacy/certificates/{id}/pdf',
  'post /v1/privacy/exports',
  'post /v1/me/exports',
  'get /v1/privacy/exports',
  'get /v1/privacy/exports/{id}',
  'get /v1/privacy/exports/{id}/file',
  'post /v1/privacy/exports/{id}/passphrase',
  'post /v1/privacy/exports/{id}/links',
  'post /v1/privacy/exports/{id}/revoke',
  'get /v1/consents',
  'get /v1/consents/history',
  'post /v1/consents',
  'get /v1/invoices',
  'get /v1/billing/subscription',
  'get /v1/billing/plans',
  'post /v1/billing/subscription/preview',
  'post /v1/billing/subscription/changes',
  'get /v1/billing/payments',
  'post /v1/billing/payments/{id}/refunds',
  'get /v1/billing/invoices/{id}',
  'get /v1/billing/invoices/{id}/pdf',
  'post /v1/billing/invoices/{id}/credit-notes',
  'post /v1/billing/portal-sessions',
  'post /v1/processes/change-subscription/runs',
  'post /v1/processes/collect-payment/runs',
  'post /v1/processes/export-subject/runs',
  // Of runs those of billing alone: the handler asks.
  'get /v1/runs/{id}',
  'get /v1/runs/{id}/events',
  'post /v1/runs/{id}/messages/{name}',
]);
const refusals: Readonly<Record<AccessLevel, string>> = {
  full: '',
  read_only: 'tenant-read-only',
  suspended: 'tenant-suspended-for-payment',
  cancelled: 'tenant-cancelled-for-payment',
};
const typeOf = (code: string): string => `https://errors.toolbox.example/${code}`;
const nameOf = ({ method, path }: Route): string => `${method} ${path}`;

describe('a school that owes', function () {
  this.timeout(120_000);
  const api = useApi();
  const setLevel = async (level: AccessLevel): Promise<void> => {
    await inPlatform(api.main, async (trx) => Tenant.query(trx).findById(api.schools[0].id).patch({ access_level: level }));
  };
  const guarded = (): Route[] => api.routes.filter(({ access, path }) => access !== 'public' && !path.endsWith('/logout'));
  const may = ({ access }: Route, role: Role): boolean =>
    typeof access === 'string' || api.deps.policies.can({ role, tenantId: api.member(role).tenantId }, access.object, access.action);
  const refused = ({ method, ...route }: Route, level: AccessLevel): boolean => {
    if (level === 'full' || paying.has(`${method} ${route.path}`)) return false;
    return level !== 'read_only' || method !== 'get';
  };

  it('finds open what the declarations open, and nothing else', () => {
    const declared = api.routes.filter((route) => route.paying).map(nameOf);
    assert.deepEqual(declared.sort(), [...paying].sort());
  });

  for (const level of accessLevels)
    it(`and is ${level} is refused by every other route it may not use, to every role, in words that name the way to pay`, async () => {
      await setLevel(level);
      let asked = 0;
      for (const route of guarded())
        for (const role of tenantRoles.filter((role) => may(route, role))) {
          // A body nobody would take: what is let in is known by its complaint, and changes nothing.
          const request = { ...requestFor(route, route.body ? { nothing: 'of this' } : undefined), as: role };
          const { status, body } = await api.send(pathOf(route), request);
          const what = `${nameOf(route)} as ${role}: ${status}`;
          assert.equal(status === 402, refused(route, level), what);
          if (status === 402) {
            assert.equal(body['type'], typeOf(refusals[level]), what);
            assert.match(String(body['detail']), /pay .*\/v1\/billing\/portal-sessions/);
          }
          asked += 1;
        }
      assert.ok(asked > 60, `${asked} requests`);
    });

  it('tells who may not in any case that they may not', async () => {
    await setLevel('suspended');
    const { body } = await api.send('/v1/uploads', { method: 'POST', as: 'student' });
    assert.equal(body['type'], typeOf('forbidden'));
  });

  it('can sign in, refresh and out, and read how it stands', async () => {
    await setLevel('cancelled');
    const { login, password } = api.member('tenant_admin');
    const signedIn = await api.send('/v1/auth/token', { body: { email: login, password } });
    const refreshed = await api.send('/v1/auth/refresh', { body: { refreshToken: signedIn.body['refreshToken'] } });
    const token = String(refreshed.body['accessToken']);
    const me = await api.send('/v1/me', { token });
    assert.deepEqual([me.status, me.body['tenant']?.['accessLevel']], [200, 'cancelled']);
    assert.equal((await api.send('/v1/auth/logout', { method: 'POST', token })).status, 204);
  });

  it('is shown none of its runs that are not of billing', async () => {
    const run = { id: newId(), process: 'onboard-school', workflow_id: 'x', started_by: newId(), request_id: newId() };
    const tenant_id = api.schools[0].id;
    await inTenant(api.main, tenant_id, async (trx) => Run.query(trx).insert({ ...run, tenant_id }));
    for (const [level, status] of [
      ['read_only', 200],
      ['suspended', 402],
    ] as const) {
      await setLevel(level);
      assert.equal((await api.send(`/v1/runs/${run.id}`, { as: 'tenant_admin' })).status, status);
    }
    assert.equal((await api.send(`/v1/runs/${run.id}/events`, { as: 'tenant_admin' })).status, 402);
  });

  it('ends the streams of who was let in before', async () => {
    await setLevel('full');
    const { accessToken } = api.member('developer');
    const caller = await api.identity.authenticate(accessToken);
    await api.identity.confirm(caller);
    await setLevel('suspended');
    await assert.rejects(api.identity.confirm(caller), { code: 'session-ended' });
  });

  it('is as open as before to the platform’s staff, and another school notices nothing', async () => {
    await setLevel('suspended');
    for (const role of platformRoles)
      assert.equal((await api.send(`/v1/tenants/${api.schools[0].id}`, { as: role })).body['accessLevel'], 'suspended');
    assert.equal((await api.send('/v1/people', { as: 'teacher', school: 1 })).status, 200);
    const opened = await api.send('/v1/break-glass', {
      as: 'compliance',
      body: { tenantId: api.schools[0].id, role: 'teacher', reason: 'the school asks what is still there', minutes: 5 },
    });
    assert.equal(opened.status, 201, JSON.stringify(opened.body));
    assert.equal((await api.send('/v1/people', { token: String(opened.body['accessToken']) })).status, 200);
  });
});
