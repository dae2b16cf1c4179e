import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { newId } from '../../../platform/ids.ts';
import { issueCertificate } from '../../../platform/privacy/certificate.ts';
import { certificateKeySet, verifyCertificate } from '../../../platform/privacy/verify-certificate.ts';
import { useApi } from '../../support/api.ts';
import { finalStatement, statement } from '../../support/certificate.ts';

const path = '/v1/privacy/certificates';

describe('certificates', () => {
  const api = useApi();
  const requestId = newId();
  let ids: readonly string[];
  const ofSchool = (): string => `tenantId=${api.schools[0].id}`;
  const download = (url: string, role: 'compliance' | 'tenant_admin') =>
    fetch(`${api.url}${url}`, { headers: { authorization: `Bearer ${api.member(role).accessToken}` } });

  before(async () => {
    const deps = { knex: api.main, vault: api.vault };
    const of = { tenantId: api.schools[0].id, requestId };
    const first = await issueCertificate(deps, { ...of, kind: 'erasure', content: statement() });
    const final = await issueCertificate(deps, { ...of, kind: 'erasure-final', content: finalStatement() });
    await issueCertificate(deps, { ...of, requestId: newId(), kind: 'erasure', content: statement() });
    ids = [final.content.id, first.content.id];
  });

  it('are listed of a school, and of one request', async () => {
    const { status, body } = await api.send(`${path}?requestId=${requestId}`, { as: 'tenant_admin' });
    const items = body['items'] as unknown as { id: string; kind: string; keyId: string }[];
    assert.equal(status, 200);
    assert.deepEqual(
      items.map(({ id, kind, keyId }) => [id, kind, keyId]),
      [
        [ids[0], 'erasure-final', 'certificates-1'],
        [ids[1], 'erasure', 'certificates-1'],
      ],
    );
    const page = await api.send(`${path}?${ofSchool()}&limit=2`, { as: 'compliance' });
    const rest = await api.send(`${path}?${ofSchool()}&cursor=${String(page.body['nextCursor'])}`, { as: 'compliance' });
    assert.deepEqual(
      [page, rest].map(({ body }) => (body['items'] as unknown as object[]).length),
      [2, 1],
    );
  });

  it('come as they were signed, byte for byte, and verify with the published keys alone', async () => {
    const [keys, answer] = [
      await api.send('/.well-known/certificate-keys.json'),
      await download(`${path}/${ids[0]}?${ofSchool()}`, 'compliance'),
    ];
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/json']);
    assert.equal(answer.headers.get('content-disposition'), `attachment; filename="${ids[0]}.json"`);
    assert.equal(answer.headers.get('etag'), `"${createHash('sha256').update(bytes).digest('hex')}"`);
    const { body } = await api.send(`${path}?${ofSchool()}&requestId=${requestId}`, { as: 'compliance' });
    assert.equal(`"${String(body['items']?.[0]?.['fingerprint'])}"`, answer.headers.get('etag'));
    assert.equal((await verifyCertificate(bytes, { keys: certificateKeySet.parse(keys.body) })).valid, true);
    assert.ok(!JSON.stringify(keys.body).includes('"d"'));
  });

  it('come as a PDF, too', async () => {
    const answer = await download(`${path}/${ids[1]}/pdf`, 'tenant_admin');
    const pdf = Buffer.from(await answer.arrayBuffer());
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/pdf']);
    assert.equal((await verifyCertificate(pdf, { keys: await api.vault.certificateKeys() })).valid, true);
  });

  it('are not there for another school, nor under an id of nothing', async () => {
    for (const suffix of ['', '/pdf']) {
      assert.equal((await api.send(`${path}/${ids[0]}${suffix}`, { as: 'tenant_admin', school: 1 })).status, 404);
      assert.equal((await api.send(`${path}/${ids[0]}${suffix}?${ofSchool()}`, { as: 'tenant_admin', school: 1 })).status, 404);
      assert.equal((await api.send(`${path}/${ids[0]}${suffix}`, { as: 'compliance' })).status, 404);
      assert.equal((await api.send(`${path}/${newId()}${suffix}`, { as: 'tenant_admin' })).status, 404);
      assert.equal((await api.send(`${path}/nothing${suffix}`, { as: 'tenant_admin' })).status, 404);
    }
    assert.equal((await api.send(`${path}?${ofSchool()}`, { as: 'tenant_admin', school: 1 })).status, 404);
    assert.deepEqual((await api.send(path, { as: 'tenant_admin', school: 1 })).body['items'], []);
  });
});
