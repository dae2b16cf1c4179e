import assert from 'node:assert/strict';
import { platformTenantId } from '../../../domain/roles.ts';
import { verifyChain } from '../../../platform/audit.ts';
import { useApi } from '../../support/api.ts';

const problem = (code: string): string => `https://errors.toolbox.example/${code}`;

describe('tenants', () => {
  const api = useApi();
  const own = (): string => `/v1/tenants/${api.schools[0].id}`;
  const patch = (path: string, body: unknown, ifMatch?: string) =>
    api.send(path, { as: 'tenant_admin', method: 'PATCH', body, ...(ifMatch ? { headers: { 'if-match': ifMatch } } : {}) });

  it('are listed for the platform, page by page, without the platform itself', async () => {
    const first = await api.send('/v1/tenants?limit=1', { as: 'compliance' });
    const second = await api.send(`/v1/tenants?limit=1&cursor=${String(first.body['nextCursor'])}`, { as: 'compliance' });
    const ids = [first, second].map(({ body }) => body['items']?.[0]?.['id']);
    assert.deepEqual(ids, api.schools.map(({ id }) => id).sort());
    assert.equal('nextCursor' in second.body, false);
  });

  it('answer 404 to another school, for what exists as for what does not', async () => {
    for (const id of [api.schools[1].id, platformTenantId, '0190d1a0-0000-7000-8000-0000000000ff']) {
      for (const path of [`/v1/tenants/${id}`, `/v1/tenants/${id}/settings`]) {
        assert.equal((await api.send(path, { as: 'tenant_admin' })).status, 404);
        assert.equal((await patch(path, path.endsWith('settings') ? { inviteStaff: false } : { name: 'Mine' }, '"1"')).status, 404);
      }
    }
    assert.equal((await api.send(`/v1/tenants/${api.schools[1].id}`, { as: 'ops' })).status, 200);
  });

  it('tell each caller what they may do', async () => {
    const actions = async (as: 'ops' | 'compliance' | 'tenant_admin' | 'teacher') => (await api.send(own(), { as })).body['actions'];
    assert.deepEqual(
      [await actions('ops'), await actions('compliance'), await actions('tenant_admin'), await actions('teacher')],
      [['suspend'], [], ['update', 'read-settings'], []],
    );
  });

  for (const [what, change, field] of [
    ['', { name: 'Ada Lovelace School', timeZone: 'Europe/Berlin', locale: 'de-DE' }, 'name'],
    ['/settings', { invitationDays: 3, inviteStaff: false }, 'invitationDays'],
  ] as const) {
    it(`${what || '/'} change only for who read the present version, and leave an audit entry`, async () => {
      const path = own() + what;
      const before = await api.send(path, { as: 'tenant_admin' });
      const tag = before.headers.get('etag') ?? '';
      assert.deepEqual([(await patch(path, change)).status, (await patch(path, change, '"999"')).status], [428, 412]);
      const changed = await patch(path, change, tag);
      assert.equal(changed.status, 200);
      assert.deepEqual({ ...changed.body, ...change }, changed.body);
      assert.notEqual(changed.headers.get('etag'), tag);
      const stale = await patch(path, { [field]: (before.body as Record<string, unknown>)[field] }, tag);
      assert.deepEqual([stale.status, stale.body['type']], [412, problem('version-conflict')]);
      const again = await api.send(path, { as: 'tenant_admin' });
      assert.deepEqual([again.body, again.headers.get('etag')], [changed.body, changed.headers.get('etag')]);
      const requestId = changed.headers.get('x-request-id');
      const { body } = await api.send('/v1/audit?limit=1', { as: 'tenant_admin' });
      const entry = body['items']?.[0];
      assert.deepEqual([entry?.['requestId'], entry?.['actorId']], [requestId, api.member('tenant_admin').accountId]);
      assert.notEqual(entry?.['beforeDigest'], entry?.['afterDigest']);
    });
  }

  it('let one of two concurrent changes win', async () => {
    const tag = (await api.send(own(), { as: 'tenant_admin' })).headers.get('etag') ?? '';
    const answers = await Promise.all(['One', 'Two', 'Three'].map((name) => patch(own(), { name: `School ${name}` }, tag)));
    assert.deepEqual(answers.map(({ status }) => String(status)).sort(), ['200', '412', '412']);
  });

  it('refuse what is no time zone, no locale, no known field, and no change', async () => {
    for (const body of [{ timeZone: 'Mars/Olympus' }, { locale: '??' }, { status: 'active' }, { plan: 'district' }, {}]) {
      assert.equal((await patch(own(), body, '"1"')).status, 422, JSON.stringify(body));
    }
    assert.equal((await patch(`${own()}/settings`, { sessionHours: 0 }, '"1"')).status, 422);
  });
});

describe('suspending a school', () => {
  const api = useApi();
  const at = (act: string): string => `/v1/tenants/${api.schools[1].id}/${act}`;
  const suspend = () => api.send(at('suspend'), { as: 'ops', body: { reason: 'non-payment' } });
  const resume = () => api.send(at('resume'), { as: 'ops', method: 'POST' });
  const me = () => api.send('/v1/me', { as: 'tenant_admin', school: 1 });
  const signIn = () => {
    const { login: email, password } = api.member('tenant_admin', 1);
    return api.send('/v1/auth/token', { body: { email, password } });
  };
  const actions = async (tenantId: string) => {
    const rows = (await api.databases.owner.transaction(async (trx) => {
      await trx.raw(`select set_config('app.tenant_id', ?, true)`, [tenantId]);
      return trx('audit_log').where({ object_id: api.schools[1].id }).orderBy('seq').select('action');
    })) as { action: string }[];
    return rows.map(({ action }) => action);
  };

  it('ends its sessions at once and lets nobody in, nor any other school feel it', async () => {
    assert.equal((await me()).status, 200);
    const { status, body } = await suspend();
    assert.deepEqual([status, body['status'], body['suspendedReason'], body['actions']], [200, 'suspended', 'non-payment', ['resume']]);
    assert.ok([401, 403].includes((await me()).status));
    const { refreshToken } = api.member('tenant_admin', 1);
    assert.ok([401, 403].includes((await api.send('/v1/auth/refresh', { body: { refreshToken } })).status));
    const refused = await signIn();
    assert.deepEqual([refused.status, refused.body['type']], [403, problem('tenant-suspended')]);
    assert.equal((await api.send('/v1/me', { as: 'tenant_admin', school: 0 })).status, 200);
  });

  it('changes nothing when it is asked for again', async () => {
    const [one, two] = [await suspend(), await suspend()];
    assert.deepEqual([two.status, two.headers.get('etag')], [200, one.headers.get('etag')]);
  });

  it('is undone by resuming: people sign in anew, sessions of before stay ended', async () => {
    const { status, body } = await resume();
    assert.deepEqual([status, body['status'], body['suspendedReason']], [200, 'active', null]);
    assert.equal((await me()).status, 401);
    assert.equal((await signIn()).status, 200);
  });

  it('stands in the log of the school and in that of the platform, both intact', async () => {
    assert.deepEqual(await actions(api.schools[1].id), ['tenant.suspend', 'tenant.resume']);
    assert.deepEqual(await actions(platformTenantId), ['tenant.suspend.order', 'tenant.resume.order']);
    for (const id of [api.schools[1].id, platformTenantId]) assert.equal((await verifyChain(api.databases.owner, id)).intact, true);
  });

  it('is refused for the platform itself, for no school, and without a reason of ours', async () => {
    for (const id of [platformTenantId, '0190d1a0-0000-7000-8000-0000000000ff']) {
      assert.equal((await api.send(`/v1/tenants/${id}/suspend`, { as: 'ops', body: { reason: 'security' } })).status, 404);
    }
    assert.equal((await api.send(at('suspend'), { as: 'ops', body: { reason: 'Ada did not pay' } })).status, 422);
  });

  it('is refused while a school is being set up', async () => {
    await api.databases.owner.transaction(async (trx) => {
      await trx.raw(`select set_config('app.scope', 'platform', true)`);
      await trx('tenants').where({ id: api.schools[1].id }).update({ status: 'onboarding' });
    });
    const { status, body } = await suspend();
    assert.deepEqual([status, body['type']], [409, problem('tenant-state')]);
  });
});
