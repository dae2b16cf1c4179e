import assert from 'node:assert/strict';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { createPrivacyExportActivities } from '../../../activities/privacy-exports.ts';
import { bucketOf } from '../../../domain/tenant.ts';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { AuditEntry } from '../../../platform/models/audit-entry.ts';
import { Run } from '../../../platform/models/run.ts';
import { createStorage } from '../../../platform/storage.ts';
import { useApi } from '../../support/api.ts';
import { servers } from '../../support/servers.ts';

describe('packages of people’s data', function () {
  this.timeout(60_000);
  const api = useApi();
  const storage = createStorage(servers().s3);
  let identity: string;
  let key: string;
  before(async () => {
    identity = await generateIdentity();
    key = await identityToRecipient(identity);
  });
  after(() => storage.removeBucket(bucketOf(api.schools[0].id)));

  const school = (): string => api.schools[0].id;
  const personOf = (role: 'student' | 'teacher'): string => api.member(role).personId ?? '';
  const path = (id: string, rest = ''): string => `/v1/privacy/exports/${id}${rest}`;
  const runs = (id: string): Promise<Run | undefined> =>
    inTenant(api.databases.main, school(), async (trx) => Run.query(trx).findOne({ tenant_id: school(), id }));

  /** Makes a package as its run does. */
  async function make(personId: string, passphrase = false): Promise<string> {
    const run = { runId: newId(), tenantId: school(), startedBy: newId(), requestId: newId() };
    const recipient = passphrase ? ({ kind: 'passphrase' } as const) : ({ kind: 'public-key', key } as const);
    const input = { run, personId, recipient, format: ['json'] as const, expiresInDays: 7 };
    const billing = { readContact: async () => undefined };
    const { beginExport, finish } = createTrial({ knex: api.main, keyring: api.keyring, storage, billing });
    await beginExport(input);
    return finish(run);
  }
  /** The package is written by a real run in test/workflows; here the row alone is made ready, over bytes that are known. */
  const createTrial = (deps: Parameters<typeof createPrivacyExportActivities>[0]) => ({
    beginExport: createPrivacyExportActivities(deps).beginExport,
    async finish({ runId: id, tenantId }: { runId: string; tenantId: string }): Promise<string> {
      await storage.ensureBucket(bucketOf(tenantId));
      await storage.put(bucketOf(tenantId), `exports/${id}`, Buffer.from(sealedText));
      const ready = { status: 'ready', size_bytes: sealedText.length, sha256: 'ab'.repeat(32), records: 1, redactions: 0 };
      await inTenant(api.main, tenantId, (trx) => trx('privacy_exports').where({ tenant_id: tenantId, id }).update(ready));
      return id;
    },
  });
  const sealedText = 'age-encryption.org/v1 and what follows';
  const fetchFile = (url: string, headers: Record<string, string> = {}): Promise<Response> => fetch(url, { headers });
  const bearer = (role: 'tenant_admin' | 'student' | 'compliance'): Record<string, string> => ({
    authorization: `Bearer ${api.member(role).accessToken}`,
  });
  const actions = async (id: string): Promise<string[]> => {
    const where = { tenant_id: school(), object_id: id };
    return (await inTenant(api.main, school(), async (trx) => AuditEntry.query(trx).where(where).orderBy('seq'))).map(
      ({ action }) => action,
    );
  };

  it('are asked for by an administrator, by compliance staff who name the school, and by each for themselves', async () => {
    const body = { personId: personOf('student'), recipient: { kind: 'public-key', key } };
    const first = await api.send('/v1/privacy/exports', { as: 'tenant_admin', body });
    assert.equal(first.status, 202);
    const id = String(first.body['id']);
    assert.equal(first.headers.get('location'), path(id));
    assert.equal((await runs(id))?.started_by, api.member('tenant_admin').accountId);
    assert.equal((await api.send(path(id), { as: 'tenant_admin' })).body['status'], 'making');
    const again = await api.send('/v1/privacy/exports', { as: 'tenant_admin', body });
    assert.deepEqual([again.status, again.body['runId']], [409, id]);

    const teacher = { ...body, personId: personOf('teacher') };
    assert.equal((await api.send('/v1/privacy/exports', { as: 'compliance', body: teacher })).status, 404);
    const second = await api.send(`/v1/privacy/exports?tenantId=${school()}`, { as: 'compliance', body: teacher });
    assert.equal(second.status, 202);
    assert.equal((await runs(String(second.body['id'])))?.started_by, api.member('compliance').accountId);
    assert.equal((await api.send(`${path(String(second.body['id']))}?tenantId=${school()}`, { as: 'compliance' })).status, 200);

    const own = await api.send('/v1/me/exports', { as: 'guardian', body: { recipient: { kind: 'passphrase' } } });
    assert.equal(own.status, 202);
    assert.equal((await api.send(path(String(own.body['id'])), { as: 'guardian' })).status, 200);
    assert.equal((await api.send(path(String(own.body['id'])), { as: 'student' })).status, 404);
    for (const run of [id, String(second.body['id']), String(own.body['id'])])
      await api.deps.temporal.client.workflow.getHandle((await runs(run))?.workflow_id ?? '').terminate();
  });

  it('are refused for a person of another school, for nobody, and to a key that is none', async () => {
    const recipient = { kind: 'public-key', key };
    const stranger = api.schools[1].strangerId;
    for (const personId of [stranger, newId()])
      for (const [query, as] of [
        ['', 'tenant_admin'],
        [`?tenantId=${school()}`, 'compliance'],
      ] as const)
        assert.equal((await api.send(`/v1/privacy/exports${query}`, { as, body: { personId, recipient } })).status, 404);
    const other = await api.send(`/v1/privacy/exports?tenantId=${api.schools[1].id}`, {
      as: 'tenant_admin',
      body: { personId: stranger, recipient },
    });
    assert.equal(other.status, 404);
    const mistyped = key.slice(0, -1) + (key.endsWith('q') ? 'p' : 'q');
    for (const bad of [mistyped, identity, 'age1', 'ssh-ed25519 AAAA', key.toUpperCase()]) {
      const body = { personId: personOf('student'), recipient: { kind: 'public-key', key: bad } };
      for (const to of ['/v1/privacy/exports', '/v1/processes/export-subject/runs']) {
        const answer = await api.send(to, { as: 'tenant_admin', body });
        assert.equal(answer.status, 422);
        assert.match(JSON.stringify(answer.body['issues']), /recipient\.key.*public key of age/);
        assert.equal(JSON.stringify(answer.body).includes(identity), false);
      }
    }
  });

  it('are fetched whole and in parts, by those who may, and each time is counted and recorded', async () => {
    const id = await make(personOf('student'));
    const url = `${api.url}${path(id, '/file')}`;
    const whole = await fetchFile(url, bearer('student'));
    assert.deepEqual([whole.status, await whole.text()], [200, sealedText]);
    assert.equal(whole.headers.get('content-disposition'), `attachment; filename="export-${id}.zip.age"`);
    const part = await fetchFile(url, { ...bearer('tenant_admin'), range: 'bytes=4-13' });
    assert.deepEqual([part.status, await part.text()], [206, sealedText.slice(4, 14)]);
    assert.equal(part.headers.get('content-range'), `bytes 4-13/${sealedText.length}`);
    const end = await fetchFile(`${url}?tenantId=${school()}`, { ...bearer('compliance'), range: 'bytes=-7' });
    assert.deepEqual([end.status, await end.text()], [206, 'follows']);
    assert.equal((await fetchFile(url, { ...bearer('student'), range: 'bytes=9999-' })).status, 416);
    assert.equal((await api.send(path(id, '/file'), { as: 'teacher' })).status, 404);
    assert.equal((await api.send(path(id, '/file'), { as: 'tenant_admin', school: 1 })).status, 404);
    assert.equal((await api.send(path(id), { as: 'student' })).body['downloads'], 4);
    assert.equal((await actions(id)).filter((action) => action === 'privacy-export.download').length, 4);
  });

  it('are fetched by a link without signing in, until it expires or the package is taken back', async () => {
    const id = await make(personOf('student'));
    const link = await api.send(path(id, '/links'), { as: 'tenant_admin', body: { hours: 1 } });
    assert.equal(link.status, 201);
    const code = new URL(String(link.body['url'])).pathname.split('/').at(-1) ?? '';
    const at = (of: string): string => `${api.url}/v1/privacy/downloads/${of}`;
    const opened = await fetchFile(at(code));
    assert.deepEqual([opened.status, await opened.text()], [200, sealedText]);
    const bytes = Buffer.from(code, 'base64url');
    for (const index of [0, 3, 10, 30, 60]) {
      const forged = Buffer.from(bytes);
      forged[index] = (forged[index] ?? 0) ^ 1;
      assert.ok([404, 410].includes((await fetchFile(at(forged.toString('base64url')))).status), `byte ${index}`);
    }
    assert.equal((await fetchFile(at('x'))).status, 404);
    assert.equal((await api.send(path(id, '/revoke'), { as: 'student', method: 'POST' })).status, 204);
    const gone = await api.send(`/v1/privacy/downloads/${code}`);
    assert.deepEqual([gone.status, gone.body['type']], [410, 'https://errors.toolbox.example/export-gone']);
    assert.equal(await storage.size(bucketOf(school()), `exports/${id}`), undefined);
    assert.deepEqual(await actions(id), ['privacy-export.link', 'privacy-export.download', 'privacy-export.revoke']);
  });

  it('are gone when their time is over, and nothing of them is shown', async () => {
    const id = await make(personOf('student'), true);
    const over = { expires_at: new Date(Date.now() - 1_000) };
    await inTenant(api.main, school(), (trx) => trx('privacy_exports').where({ tenant_id: school(), id }).update(over));
    for (const [rest, request] of [
      ['/file', {}],
      ['/passphrase', { method: 'POST' }],
      ['/links', { body: {} }],
      ['/revoke', { method: 'POST' }],
    ] as const)
      assert.equal((await api.send(path(id, rest), { as: 'tenant_admin', ...request })).status, 410, rest);
  });

  it('show their passphrase once, and not before they are ready', async () => {
    const id = await make(personOf('student'), true);
    const ask = () => api.send(path(id, '/passphrase'), { as: 'student', method: 'POST' });
    await inTenant(api.main, school(), (trx) => trx('privacy_exports').where({ tenant_id: school(), id }).update({ status: 'making' }));
    assert.equal((await ask()).status, 409);
    await inTenant(api.main, school(), (trx) => trx('privacy_exports').where({ tenant_id: school(), id }).update({ status: 'ready' }));
    const [one, two] = await Promise.all([ask(), ask()]);
    assert.deepEqual(
      [one.status, two.status].toSorted((a, b) => a - b),
      [200, 410],
    );
    assert.match(String((one.status === 200 ? one : two).body['passphrase']), /^[a-z2-9-]{23}$/);
    const sealed = await make(personOf('student'));
    assert.equal((await api.send(path(sealed, '/passphrase'), { as: 'student', method: 'POST' })).status, 409);
  });

  it('are listed for those who see all, and for others their own', async () => {
    const [own, others] = [await make(personOf('student')), await make(personOf('teacher'))];
    const ids = async (as: 'student' | 'tenant_admin', query = ''): Promise<string[]> =>
      ((await api.send(`/v1/privacy/exports${query}`, { as })).body['items'] as unknown as { id: string }[]).map(({ id }) => id);
    assert.ok((await ids('student')).includes(own) && !(await ids('student')).includes(others));
    assert.ok((await ids('tenant_admin')).includes(own) && (await ids('tenant_admin')).includes(others));
    assert.equal((await ids('tenant_admin', `?personId=${personOf('teacher')}`)).includes(own), false);
  });
});
