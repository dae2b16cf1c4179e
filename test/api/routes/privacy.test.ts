import assert from 'node:assert/strict';
import type { Role } from '../../../domain/roles.ts';
import { workflowIdOf } from '../../../domain/workflow-id.ts';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { Run } from '../../../platform/models/run.ts';
import { useApi } from '../../support/api.ts';

describe('api/routes/privacy', () => {
  const api = useApi();

  it('shows where personal data may be, and in which order it is read and erased', async () => {
    const { status, body } = await api.send('/v1/privacy/map', { as: 'compliance' });
    assert.equal(status, 200);
    const places = body['places'] as unknown as { name: string; holds: string[]; none?: string }[];
    const people = places.find(({ name }) => name === 'people');
    assert.ok(people?.holds.includes('email') && people.none === undefined);
    assert.ok(places.every(({ holds, none }) => holds.length === 0 || none === undefined));
    const erasure: string[] = Array.from(body['erasureOrder'] as unknown as string[]);
    const access: string[] = Array.from(body['accessOrder'] as unknown as string[]);
    assert.deepEqual(access, erasure.toReversed());
    assert.ok(erasure.indexOf('sessions') < erasure.indexOf('memberships'));
  });

  it('keeps a policy a school, changed only by who has read it', async () => {
    const path = '/v1/privacy/policy';
    const first = await api.send(path, { as: 'tenant_admin' });
    assert.deepEqual([first.status, first.body['version'], first.body['coolingOffDays']], [200, 0, 7]);
    const policy = { needsApproval: true, needsConfirmation: true, coolingOffDays: 3, law: 'ccpa' };
    const put = (version: number, body: object = policy) =>
      api.send(path, { as: 'tenant_admin', method: 'PUT', headers: { 'If-Match': `"${version}"` }, body });
    const made = await put(0);
    assert.deepEqual([made.status, made.body['version'], made.body['law']], [200, 1, 'ccpa']);
    assert.equal((await put(0)).status, 412);
    assert.equal((await put(1, { ...policy, coolingOffDays: 90 })).status, 422);
    assert.equal((await put(1, { ...policy, coolingOffDays: 0 })).status, 200);
    const seen = await api.send(`${path}?tenantId=${api.schools[0].id}`, { as: 'compliance' });
    assert.equal(seen.body['coolingOffDays'], 0);
    assert.equal((await api.send(path, { as: 'tenant_admin', school: 1 })).body['version'], 0);
  });

  it('knows no request of another school, and none for a hold', async () => {
    assert.deepEqual((await api.send('/v1/privacy/requests', { as: 'tenant_admin' })).body['items'], []);
    assert.equal((await api.send(`/v1/privacy/requests/${newId()}`, { as: 'tenant_admin' })).status, 404);
    const body = { reason: 'A court wants to see it.', until: '2099-01-01T00:00:00Z' };
    const hold = await api.send(`/v1/privacy/requests/${newId()}/holds?tenantId=${api.schools[0].id}`, {
      as: 'compliance',
      method: 'POST',
      body,
    });
    assert.equal(hold.status, 404);
    const elsewhere = await api.send(`/v1/privacy/requests?tenantId=${api.schools[1].id}`, { as: 'tenant_admin' });
    assert.equal(elsewhere.status, 404);
  });

  it('lets compliance correct and restrict in the school they name, as the school does itself, and nobody else of the staff', async () => {
    const { id: tenantId, strangerId: personId } = api.schools[0];
    const start = (process: string, body: object, query: string, as: Role) =>
      api.send(`/v1/processes/${process}/runs${query}`, { as, method: 'POST', body });
    const requests = [
      ['rectify-subject', { personId, corrections: { displayName: 'Zoe' } }],
      ['restrict-subject', { personId, reason: 'accuracy-contested' }],
    ] as const;
    for (const [process, body] of requests) {
      const { status, body: run } = await start(process, body, `?tenantId=${tenantId}`, 'compliance');
      assert.equal(status, 202);
      const row = await inTenant(api.main, tenantId, async (trx) => Run.query(trx).findById(String(run['id'])).throwIfNotFound());
      assert.deepEqual([row.process, row.tenant_id, row.started_by], [process, tenantId, api.member('compliance').accountId]);
      assert.equal((await start(process, body, '', 'compliance')).status, 403);
      assert.equal((await start(process, body, `?tenantId=${tenantId}`, 'ops')).status, 403);
      assert.equal((await start(process, body, `?tenantId=${api.schools[1].id}`, 'tenant_admin')).status, 404);
      await api.deps.temporal.client.workflow.getHandle(workflowIdOf(process, tenantId, personId)).terminate('the test is over');
    }
  });
});
