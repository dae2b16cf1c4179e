import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { Client } from 'minio';
import { createUploadActivities, type Expired, type UploadActivityDeps } from '../../activities/uploads.ts';
import { platformTenantId } from '../../domain/roles.ts';
import type { RunContext } from '../../domain/run.ts';
import { bucketOf } from '../../domain/tenant.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { Run } from '../../platform/models/run.ts';
import { zipOf } from '../support/roster.ts';
import { inActivity, quietEnvironment, useRosters } from '../support/roster-school.ts';
import { servers } from '../support/servers.ts';

const hourMs = 3600_000;
const ago = (ms: number): Date => new Date(Date.now() - ms);

describe('expireUploads', function () {
  this.timeout(60_000);
  const bench = useRosters();
  const run: RunContext = {
    runId: newId(),
    tenantId: platformTenantId,
    startedBy: platformTenantId,
    requestId: newId(),
    scheduled: { process: 'expire-uploads' },
  };
  const expire = (other: Partial<UploadActivityDeps> = {}, environment = quietEnvironment()): Promise<Expired> => {
    const { databases, keyring, storage } = bench;
    const activities = createUploadActivities({ knex: databases.main, keyring, storage, batchUploads: 1, ...other });
    return inActivity(activities.expireUploads, { now: new Date().toISOString(), run }, environment);
  };
  const upload = async (tenantId: string, change: object = {}): Promise<string> => {
    const body = Readable.from([await zipOf({ 'a.csv': 'a' })]);
    const { id } = await bench.uploads.receive({ tenantId, accountId: newId(), requestId: newId(), body });
    await inTenant(bench.databases.main, tenantId, (trx) =>
      trx('uploads')
        .where({ tenant_id: tenantId, id })
        .update({ status: 'stored', ...change }),
    );
    return id;
  };
  const expired = { created_at: ago(25 * hourMs), expires_at: ago(hourMs) };
  /** Ids by what is left of a tenant's uploads. */
  async function left(tenantId: string) {
    const { main, keyring } = bench.databases;
    const rows = await inTenant(main, tenantId, (trx) =>
      trx<{ id: string; status: string }>('uploads').orderBy('id').select('id', 'status'),
    );
    const keys = await inTenant(keyring, tenantId, (trx) =>
      trx('subject_keys').where({ tenant_id: tenantId }).pluck<string[]>('subject_id'),
    );
    const objects = (await bench.storage.list(bucketOf(tenantId), 'uploads/')).map((key) => key.replace('uploads/', ''));
    const audited = await inTenant(main, tenantId, (trx) =>
      trx('audit_log').where({ action: 'upload.expire' }).pluck<string[]>('object_id'),
    );
    const deleted = rows.filter(({ status }) => status === 'deleted').map(({ id }) => id);
    return { deleted, keys: keys.sort(), objects: objects.sort(), audited: audited.sort() };
  }

  it('removes what has expired or was cut off, in every tenant, and nothing else', async () => {
    const [one, two, idle] = [await bench.school(), await bench.school(), await bench.school()];
    const gone = [
      await upload(one, expired),
      await upload(one, expired),
      await upload(one, { status: 'receiving', created_at: ago(2 * hourMs) }),
    ];
    const kept = [await upload(one), await upload(one, { status: 'receiving' }), await upload(one, { created_at: ago(23 * hourMs) })];
    const other = await upload(two, expired);
    assert.deepEqual(await expire(), { tenants: 2, removed: 4 });
    assert.deepEqual(await left(one), { deleted: gone.sort(), keys: kept.sort(), objects: kept, audited: gone });
    assert.deepEqual(await left(two), { deleted: [other], keys: [], objects: [], audited: [other] });
    assert.deepEqual(await left(idle), { deleted: [], keys: [], objects: [], audited: [] });
    assert.deepEqual(await expire(), { tenants: 0, removed: 0 });
  });

  it('waits for a run that began before the upload expired, until it has ended', async () => {
    const school = await bench.school();
    const id = await upload(school, expired);
    const row = { id: newId(), tenant_id: school, process: 'p', workflow_id: 'w', started_by: newId(), request_id: newId() };
    const inSchool = <T>(work: (query: ReturnType<typeof Run.query>) => PromiseLike<T>): Promise<T> =>
      inTenant(bench.databases.main, school, async (trx) => work(Run.query(trx)));
    await inSchool((runs) => runs.insert({ ...row, created_at: ago(2 * hourMs) }));
    assert.deepEqual(await expire(), { tenants: 0, removed: 0 });
    assert.deepEqual((await left(school)).objects, [id]);
    await inSchool((runs) => runs.where({ id: row.id }).patch({ closed_at: new Date() }));
    assert.deepEqual(await expire(), { tenants: 1, removed: 1 });
  });

  it('does not wait for a run that began afterwards', async () => {
    const school = await bench.school();
    await upload(school, expired);
    const row = { id: newId(), tenant_id: school, process: 'p', workflow_id: 'w', started_by: newId(), request_id: newId() };
    await inTenant(bench.databases.main, school, async (trx) => Run.query(trx).insert(row));
    assert.deepEqual(await expire(), { tenants: 1, removed: 1 });
  });

  it('goes on where an attempt died: between the file, its key and its row, and records each once', async () => {
    const [one, two] = [await bench.school(), await bench.school()];
    const ids = [await upload(one, expired), await upload(one, expired)];
    const last = await upload(two, expired);
    let beats: unknown;
    const environment = quietEnvironment();
    environment.on('heartbeat', (details: unknown) => (beats = details));
    let calls = 0;
    const dying = {
      ...bench.keyring,
      async destroySubjectKeys(tenantId: string, subjects: readonly string[]): Promise<Date> {
        calls += 1;
        if (calls === 2) throw new Error('killed');
        return await bench.keyring.destroySubjectKeys(tenantId, subjects);
      },
    };
    await assert.rejects(expire({ keyring: dying }, environment), /killed/);
    assert.equal((await left(one)).keys.length, 1);
    assert.deepEqual(await expire({}, quietEnvironment({ attempt: 2, heartbeatDetails: beats })), { tenants: 2, removed: 3 });
    assert.deepEqual(await left(one), { deleted: ids.sort(), keys: [], objects: [], audited: ids });
    assert.deepEqual((await left(two)).audited, [last]);
  });

  it('ends what a killed upload left unfinished in the store', async () => {
    const school = await bench.school();
    const id = await upload(school, { status: 'receiving', created_at: ago(2 * hourMs) });
    const { endpoint, accessKey, secretKey } = servers().s3;
    const { hostname: endPoint, port } = new URL(endpoint);
    const s3 = new Client({ endPoint, port: Number(port), useSSL: false, accessKey, secretKey, region: 'us-east-1' });
    const open = async (): Promise<unknown[]> => s3.listIncompleteUploads(bucketOf(school), '', true).toArray();
    const keys = [`uploads/${id}`, `uploads/${id}-another`];
    for (const key of keys) await s3.initiateNewMultipartUpload(bucketOf(school), key, {});
    assert.equal((await open()).length, 2);
    await expire();
    assert.deepEqual(
      (await open()).map((found) => (found as { key: string }).key),
      [keys[1]],
    );
  });
});
