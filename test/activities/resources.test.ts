import assert from 'node:assert/strict';
import { createPushActivities } from '../../activities/push.ts';
import { createStorageActivities } from '../../activities/storage.ts';
import { bucketOf, channelOf } from '../../domain/tenant.ts';
import { newId } from '../../platform/ids.ts';
import { createPush } from '../../platform/push.ts';
import { createStorage } from '../../platform/storage.ts';
import { useSandbox } from '../support/sandbox.ts';
import { servers } from '../support/servers.ts';
import { useMaking } from './support/school-in-making.ts';

describe('activities/keys', () => {
  const making = useMaking();

  it('makes the keys of a tenant once and keeps them', async () => {
    const tenantId = newId();
    await making.keys.createTenantKeys({ tenantId });
    await making.keyring.createSubjectKeys(tenantId, [tenantId]);
    const before = (await making.keyring.blindIndex(tenantId)).hmac('email', 'a');
    await making.keys.createTenantKeys({ tenantId });
    assert.deepEqual((await making.keyring.blindIndex(tenantId)).hmac('email', 'a'), before);
  });

  it('destroys the keys of a tenant, twice, and where there are none', async () => {
    const tenantId = newId();
    await making.keys.createTenantKeys({ tenantId });
    await making.keyring.createSubjectKeys(tenantId, [tenantId]);
    await making.keys.destroyTenantKeys({ tenantId });
    await making.keys.destroyTenantKeys({ tenantId });
    await making.keys.destroyTenantKeys({ tenantId: newId() });
    assert.equal((await making.vault.asAdmin('GET', `${making.vault.mount}/keys/tenant-${tenantId}`)).status, 404);
    for (const table of ['subject_keys', 'index_keys', 'blind_indexes'])
      assert.deepEqual(await making.databases.keyringOwner(table).where({ tenant_id: tenantId }), []);
  });
});

describe('activities/storage', () => {
  const storage = createStorage(servers().s3);
  const activities = createStorageActivities({ storage });

  it('makes a bucket once and removes it with what is in it, twice', async () => {
    const tenantId = newId();
    await activities.createBucket({ tenantId });
    await storage.put(bucketOf(tenantId), 'reports/1', Buffer.from('kept'));
    await activities.createBucket({ tenantId });
    assert.deepEqual(await storage.list(bucketOf(tenantId)), ['reports/1']);
    await activities.removeBucket({ tenantId });
    await activities.removeBucket({ tenantId });
    await activities.createBucket({ tenantId });
    assert.deepEqual(await storage.list(bucketOf(tenantId)), []);
    await activities.removeBucket({ tenantId });
  });
});

describe('activities/push', () => {
  const app = { appId: '1', key: 'key', secret: 'secret' };
  const pusher = useSandbox('pusher', { pusher: app });

  it('announces a tenant on its own channel, every time under the same id', async () => {
    const activities = createPushActivities({ push: createPush({ ...app, apiBase: pusher.url }) });
    const announcement = { tenantId: newId(), slug: 'lincoln', at: '2026-11-23T08:00:00Z' };
    await activities.announceTenant(announcement);
    await activities.announceTenant(announcement);
    const ledger = await pusher.control.ledger();
    assert.equal(ledger.length, 2);
    assert.deepEqual(ledger[0]?.body, ledger[1]?.body);
    assert.match(JSON.stringify(ledger[0]?.body), new RegExp(channelOf(announcement.tenantId)));
    assert.match(JSON.stringify(ledger[0]?.body), new RegExp(`tenant.onboarded:${announcement.tenantId}`));
  });
});
