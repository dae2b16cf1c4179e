import assert from 'node:assert/strict';
import type { CertificateStatement } from '../../../domain/privacy/certificate.ts';
import { audit, verifyChain } from '../../../platform/audit.ts';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { type CertificateDeps, issueCertificate } from '../../../platform/privacy/certificate.ts';
import { documentText } from '../../../platform/privacy/certificate-signature.ts';
import { verifyCertificate } from '../../../platform/privacy/verify-certificate.ts';
import { rotateCertificateKey } from '../../../platform/rotate-signing-key.ts';
import { finalStatement, statement } from '../../support/certificate.ts';
import { useDatabases } from '../../support/database.ts';
import { makeVault, useVault } from '../../support/vault.ts';

describe('platform/privacy/certificate', () => {
  const databases = useDatabases();
  const test = useVault();
  const deps = (): CertificateDeps => ({ knex: databases.main, vault: test.vault });
  const request = (content: CertificateStatement = statement()) => ({
    tenantId: newId(),
    requestId: newId(),
    kind: 'erasure' as const,
    content,
  });
  const run = () => ({ runId: newId(), tenantId: newId(), startedBy: newId(), requestId: newId() });
  const rowsOf = (tenantId: string): Promise<readonly object[]> => inTenant(databases.main, tenantId, (trx) => trx('certificates'));

  it('signs what is stated, with the part of the audit log that is about the request', async () => {
    const [asked, ofRun] = [request(), run()];
    const { tenantId, requestId } = asked;
    const entry = { tenantId, actorId: null, action: 'privacy-request.open', objectType: 'privacy-request' };
    await inTenant(databases.main, tenantId, async (trx) => {
      await audit(trx, { ...entry, objectId: requestId });
      await audit(trx, { ...entry, objectId: newId() });
      await audit(trx, { ...entry, objectId: null, runId: ofRun.runId });
    });
    const document = await issueCertificate(deps(), { ...asked, run: ofRun });
    const { content } = document;
    assert.deepEqual(
      [content.tenantId, content.requestId, content.kind, content.software.name],
      [tenantId, requestId, 'erasure', 'toolboxai'],
    );
    assert.deepEqual([content.audit.entries.map(({ seq }) => seq), content.audit.head.seq, content.audit.left], [[1, 3], 3, 0]);
    const { valid, findings } = await verifyCertificate(Buffer.from(documentText(document)), { keys: await test.vault.certificateKeys() });
    assert.ok(valid, JSON.stringify(findings));
    const proof = await verifyChain(databases.main, tenantId, { noted: new Map([[content.audit.head.seq, content.audit.head.hash]]) });
    assert.deepEqual([proof.intact, proof.notAsNoted, proof.entries], [true, undefined, 4]);
    const last = await inTenant(databases.main, tenantId, (trx) => trx('audit_log').where({ seq: 4 }).first());
    assert.deepEqual(
      [last.action, last.object_id, last.run_id, last.actor_id],
      ['certificate.issue', content.id, ofRun.runId, ofRun.startedBy],
    );
  });

  it('issues one a request and kind, however often and by however many it is asked', async () => {
    const asked = request();
    const made = await Promise.all(Array.from({ length: 8 }, () => issueCertificate(deps(), asked)));
    const again = await issueCertificate(deps(), { ...asked, content: { ...statement(), law: 'cpra' } });
    assert.equal(new Set([...made, again].map(documentText)).size, 1);
    const final = await issueCertificate(deps(), { ...asked, kind: 'erasure-final', content: finalStatement() });
    assert.notEqual(final.content.id, again.content.id);
    assert.equal((await rowsOf(asked.tenantId)).length, 2);
    const issued = await inTenant(databases.main, asked.tenantId, (trx) => trx('audit_log').where({ action: 'certificate.issue' }));
    assert.equal(issued.length, 2);
  });

  it('ends as if nothing had happened when it was cut off after it signed', async () => {
    const asked = request();
    const cut = {
      ...test.vault,
      signCertificate: async (input: string, version: number) => {
        await test.vault.signCertificate(input, version);
        throw new Error('killed');
      },
    };
    await assert.rejects(issueCertificate({ ...deps(), vault: cut }, asked), /killed/);
    assert.deepEqual(await rowsOf(asked.tenantId), []);
    assert.equal((await issueCertificate(deps(), asked)).content.requestId, asked.requestId);
  });

  it('refuses what does not hold and what might be personal, and keeps nothing of it', async () => {
    const [first, ...rest] = statement().places;
    assert.ok(first);
    const refused: readonly [unknown, RegExp][] = [
      [{ ...statement(), places: [{ ...first, residual: { ...first.residual, people: 1 } }, ...rest] }, /postgres-main still holds 1/],
      [{ ...statement(), law: 'ada@lincoln.example' }, /law is not of the form/],
      [{ ...statement(), note: 'Ada Lovelace' }, /the whole is not of the form/],
      [{ ...statement(), places: [{ ...first, place: 'Ada Lovelace' }] }, /places\.0\.place is not of the form/],
    ];
    for (const [content, reason] of refused) {
      const asked = request(content as CertificateStatement);
      await assert.rejects(issueCertificate(deps(), asked), (error: Error & { code?: string; details?: object }) => {
        const said = JSON.stringify([error.message, error.details]);
        assert.equal(error.code, 'certificate-refused');
        assert.match(said, reason);
        assert.doesNotMatch(said, /ada|lovelace/i);
        return true;
      });
      assert.deepEqual(await rowsOf(asked.tenantId), []);
    }
    const early = { ...request(), kind: 'erasure-final' as const };
    await assert.rejects(issueCertificate(deps(), early), { code: 'certificate-refused' });
  });

  it('is kept for good: neither the app nor the owner changes or removes one', async () => {
    const asked = request();
    const document = await issueCertificate(deps(), asked);
    const forbidden = [`update certificates set kind = 'x'`, 'delete from certificates', 'truncate certificates'];
    for (const sql of forbidden) {
      await assert.rejects(
        inTenant(databases.main, asked.tenantId, (trx) => trx.raw(sql)),
        { code: '42501' },
        sql,
      );
      await assert.rejects(
        inTenant(databases.owner, asked.tenantId, (trx) => trx.raw(sql)),
        /written once/,
        sql,
      );
    }
    assert.equal(documentText(await issueCertificate(deps(), asked)), documentText(document));
  });

  it('is signed by the newest key, and the older ones verify theirs for ever', async () => {
    const own = await makeVault();
    try {
      const mine = { ...deps(), vault: own.vault };
      const old = await issueCertificate(mine, request());
      assert.deepEqual(await rotateCertificateKey({ call: own.asAdmin, mount: own.mount }), { signing: 'certificates-2', retired: [] });
      const young = await issueCertificate(mine, request());
      const keys = await own.vault.certificateKeys();
      assert.deepEqual(
        keys.keys.map(({ kid, alg, crv, d }) => [kid, alg, crv, d]),
        [
          ['certificates-2', 'EdDSA', 'Ed25519', undefined],
          ['certificates-1', 'EdDSA', 'Ed25519', undefined],
        ],
      );
      for (const document of [old, young])
        assert.equal((await verifyCertificate(Buffer.from(documentText(document)), { keys })).valid, true);
      const onlyOld = { keys: keys.keys.slice(1) };
      assert.equal((await verifyCertificate(Buffer.from(documentText(young)), { keys: onlyOld })).valid, false);
    } finally {
      await own.remove();
    }
  }).timeout(30_000);
});
