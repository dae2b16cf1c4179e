import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { bucketOf } from '../../../domain/tenant.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { createUploads, uploadLimitBytes } from '../../../platform/roster/uploads.ts';
import { createStorage } from '../../../platform/storage.ts';
import { useApi } from '../../support/api.ts';
import { type FailingStore, openFailingStore } from '../../support/failing-store.ts';
import { small, zipOf } from '../../support/roster.ts';
import { servers } from '../../support/servers.ts';
import { until } from '../../support/until.ts';

const zipped = { 'content-type': 'application/zip' };

describe('POST /v1/uploads', function () {
  this.timeout(20_000);
  const api = useApi();
  const storage = createStorage(servers().s3);
  let zip: Uint8Array<ArrayBuffer>;
  before(async () => {
    zip = new Uint8Array(await zipOf(small.v2));
  });
  after(() => storage.removeBucket(bucketOf(api.schools[0].id)));

  const rows = (tenantId: string): Promise<{ status: string; id: string }[]> =>
    inTenant(api.databases.main, tenantId, (trx) => trx<{ status: string; id: string }>('uploads').select('status', 'id'));
  const objects = (tenantId: string): Promise<string[]> => storage.list(bucketOf(tenantId), 'uploads/');
  const keys = (tenantId: string): Promise<{ subject_id: string }[]> =>
    inTenant(api.databases.keyring, tenantId, (trx) => trx<{ subject_id: string }>('subject_keys').select('subject_id'));

  /** What is kept for a tenant, to compare before and after. */
  const kept = async (tenantId: string): Promise<unknown> => [await rows(tenantId), await objects(tenantId), (await keys(tenantId)).length];

  it('stores a zip sealed, tells its size and digest, and shows it to its own tenant only', async () => {
    const { status, body, headers } = await api.send('/v1/uploads', { as: 'tenant_admin', raw: zip, headers: zipped });
    assert.equal(status, 201);
    assert.equal(headers.get('location'), `/v1/uploads/${String(body['id'])}`);
    assert.deepEqual([body['sizeBytes'], body['sha256']], [zip.length, createHash('sha256').update(zip).digest('hex')]);
    const hours = (Date.parse(String(body['expiresAt'])) - Date.now()) / 3600_000;
    assert.ok(hours > 23.9 && hours <= 24);
    const path = `/v1/uploads/${String(body['id'])}`;
    assert.deepEqual((await api.send(path, { as: 'tenant_admin' })).body, body);
    assert.equal((await api.send(path, { as: 'tenant_admin', school: 1 })).status, 404);
    assert.equal((await api.send(path, { as: 'ops' })).status, 404);
    const tenantId = api.schools[0].id;
    const sealed = await storage.getRange(bucketOf(tenantId), `uploads/${String(body['id'])}`, 0, zip.length);
    for (const clear of ['PK\u0003\u0004', 'users.csv', 'orgs.csv']) assert.equal(sealed.includes(clear), false);
    const reader = await createUploads({ main: api.main, keyring: api.keyring, storage }).open(tenantId, String(body['id']));
    assert.deepEqual(new Uint8Array(await reader.read(0, reader.size)), zip);
  });

  it('removes an upload with its object and its key', async () => {
    const { body } = await api.send('/v1/uploads', { as: 'ops', raw: zip, headers: zipped });
    const path = `/v1/uploads/${String(body['id'])}`;
    assert.equal((await api.send(path, { as: 'ops', method: 'DELETE' })).status, 204);
    assert.equal((await api.send(path, { as: 'ops', method: 'DELETE' })).status, 404);
    assert.equal((await api.send(path, { as: 'ops' })).status, 404);
    assert.equal((await objects(platformTenantId)).includes(`uploads/${String(body['id'])}`), false);
    assert.equal(
      (await keys(platformTenantId)).some(({ subject_id }) => subject_id === String(body['id'])),
      false,
    );
    assert.equal((await api.send(`/v1/uploads/${newId()}`, { as: 'ops', method: 'DELETE' })).status, 404);
  });

  it('refuses at once what is no zip file, and keeps nothing of it', async () => {
    const tenantId = api.schools[0].id;
    const before = await kept(tenantId);
    for (const raw of ['hello, this is no zip file', 'P', '', 'x'.repeat(3_000_000)]) {
      const { status, body } = await api.send('/v1/uploads', { as: 'tenant_admin', raw, headers: zipped });
      assert.equal(status, 422);
      assert.match(String(body['type']), /bad-archive/);
    }
    assert.deepEqual(await kept(tenantId), before);
  });

  it('refuses other media types and roles that may not upload', async () => {
    assert.equal((await api.send('/v1/uploads', { as: 'tenant_admin', raw: zip, headers: { 'content-type': 'text/plain' } })).status, 415);
    assert.equal((await api.send('/v1/uploads', { as: 'teacher', raw: zip, headers: zipped })).status, 403);
  });

  /** A request as bytes on a socket, so that it may lie about its length and be cut off. */
  async function raw(headers: readonly string[]) {
    const { port } = new URL(api.url);
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    const { accessToken } = api.member('tenant_admin');
    const head = [
      'POST /v1/uploads HTTP/1.1',
      'Host: api',
      `Authorization: Bearer ${accessToken}`,
      'Content-Type: application/zip',
      ...headers,
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    return socket;
  }

  it('refuses a body that says it is too large before reading it', async () => {
    const socket = await raw([`Content-Length: ${uploadLimitBytes + 1}`]);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  it('keeps nothing of an upload that is cut off', async () => {
    const tenantId = api.schools[0].id;
    const before = await kept(tenantId);
    const socket = await raw([`Content-Length: ${20 * 1024 * 1024}`]);
    socket.write(Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(9 * 1024 * 1024, 7)]));
    await until(async () => (await rows(tenantId)).some(({ status }) => status === 'receiving'));
    socket.destroy();
    await until(async () => !(await rows(tenantId)).some(({ status }) => status === 'receiving'));
    assert.deepEqual(await kept(tenantId), before);
  });
});

describe('POST /v1/uploads while the file store fails', function () {
  this.timeout(20_000);
  let store: FailingStore;
  const api = useApi(async ({ main, keyring }) => {
    store = await openFailingStore(servers().s3.endpoint);
    return { uploads: createUploads({ main, keyring, storage: createStorage({ ...servers().s3, endpoint: store.endpoint }) }) };
  });
  const real = createStorage(servers().s3);
  after(async () => {
    store.close();
    await real.removeBucket(bucketOf(api.schools[0].id));
  });
  const send = async () => api.send('/v1/uploads', { as: 'tenant_admin', raw: new Uint8Array(await zipOf(small.v2)), headers: zipped });

  const failures: readonly [string, (method: string, path: string) => boolean][] = [
    ['all of it', () => true],
    ['storing the file', (method, path) => method === 'PUT' && path.includes('/uploads/')],
  ];
  for (const [what, which] of failures)
    it(`asks to come back when ${what} fails, and takes the file then`, async () => {
      store.fail(which);
      const { status, type, headers, body } = await send();
      assert.deepEqual(
        [status, type, headers.get('retry-after'), body['type']],
        [503, 'application/problem+json', '5', 'https://errors.toolbox.example/unavailable'],
      );
      assert.doesNotMatch(JSON.stringify(body), /retries|status: 500|InternalError|S3/);
      store.fail(() => false);
      assert.equal((await send()).status, 201);
    });
});
