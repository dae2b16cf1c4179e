import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createCertificateActivities } from '../../activities/certificates.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { Certificate } from '../../platform/models/certificate.ts';
import { documentText } from '../../platform/privacy/certificate-signature.ts';
import { statement } from '../support/certificate.ts';
import { useDatabases } from '../support/database.ts';
import { useVault } from '../support/vault.ts';

describe('activities/certificates', () => {
  const databases = useDatabases();
  const test = useVault();
  const activities = () => createCertificateActivities({ knex: databases.main, vault: test.vault });

  it('tell a run where the certificate is and what its file hashes to, the same however often they are tried', async () => {
    const [tenantId, requestId] = [newId(), newId()];
    const ask = () => activities().issueCertificate({ tenantId, requestId, kind: 'erasure', content: statement() });
    const issued = await ask();
    assert.deepEqual(await ask(), issued);
    const row = await inTenant(databases.main, tenantId, async (trx) => Certificate.query(trx).findById([tenantId, issued.certificateId]));
    assert.ok(row);
    assert.equal(createHash('sha256').update(documentText(row.document)).digest('hex'), issued.fingerprint);
    assert.equal(row.issued_at.toISOString(), issued.issuedAt);
  });

  it('refuse for good what cannot be certified', async () => {
    const content = { ...statement(), checks: [] };
    const asked = activities().issueCertificate({ tenantId: newId(), requestId: newId(), kind: 'erasure', content });
    await assert.rejects(asked, { code: 'certificate-refused', status: 422 });
  });
});
