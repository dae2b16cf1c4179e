import assert from 'node:assert/strict';
import { newId } from '../../../platform/ids.ts';
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
});
