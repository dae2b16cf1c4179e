import assert from 'node:assert/strict';
import { rounded } from '../../../bench/support/compare.ts';
import { writeLatest } from '../../../bench/support/latest.ts';
import { machineFacts } from '../../../bench/support/machine.ts';
import { leftIn } from '../../../domain/privacy/residual.ts';
import { inTenant } from '../../../platform/database.ts';
import type { CertificateKeySet } from '../../../platform/privacy/certificate-signature.ts';
import { verifyCertificate } from '../../../platform/privacy/verify-certificate.ts';
import { PrivacyRequest } from '../../../platform/models/privacy-request.ts';
import { travelOn } from '../../support/time-travel.ts';
import { type Asked, atOnce, speechOf, verification } from '../../workflows/support/erase-speech.ts';
import { useErasures } from '../../workflows/support/erase-world.ts';

/* What `npm run exercise:erasure` runs, beside servers of its own (test/exercise/erasure.ts). */
const { COUNT = '100', KEEP } = process.env;
const count = Number(COUNT);

describe(`${count} people erased at a time`, function () {
  this.timeout(30 * 60_000);
  const erasures = useErasures();
  const { newPerson, ...speech } = speechOf(erasures);

  it('all end with nothing left, and certified', async () => {
    const machine = machineFacts();
    await erasures.setPolicy(atOnce);
    const people: string[] = [];
    for (let number = 0; number < count; number++) people.push((await newPerson(`person${number}`)).personId);
    const began = performance.now();
    const took: number[] = [];
    const erase = async (personId: string): Promise<Asked> => {
      const asked = await speech.ask(personId, { verification });
      // A backup of the keyring would be waited for: days are skipped, work is not.
      await travelOn(erasures.handleOf(personId));
      assert.equal((await asked.result())['outcome'], 'erased');
      took.push((performance.now() - began) / 1_000);
      return asked;
    };
    const all = await Promise.all(people.map(erase));
    const seconds = (performance.now() - began) / 1_000;
    const rows = await inTenant(erasures.main, erasures.schools[0].id, async (trx) =>
      PrivacyRequest.query(trx).whereIn(
        'id',
        all.map(({ id }) => id),
      ),
    );
    assert.equal(rows.length, count);
    for (const row of rows) {
      assert.equal(row.status, 'final');
      assert.deepEqual(leftIn(row.residual ?? {}), []);
      assert.ok(row.erased_certificate_id && row.final_certificate_id);
    }
    const ids = rows.flatMap((row) => [row.erased_certificate_id, row.final_certificate_id]);
    const { body: keys } = await erasures.send('/.well-known/certificate-keys.json');
    for (const id of ids) {
      const { body: document } = await erasures.send(`/v1/privacy/certificates/${id}`, { as: 'tenant_admin' });
      const { valid, findings } = await verifyCertificate(Buffer.from(JSON.stringify(document)), {
        keys: keys as unknown as CertificateKeySet,
      });
      assert.ok(valid, JSON.stringify(findings));
    }
    const figures = {
      machine,
      what: `${count} people erased at a time, from the request over HTTP to the second certificate; every place searched four times, idle time skipped`,
      certificates: ids.length,
      unit: 'erasures/hour',
      ours: Math.round((count / seconds) * 3_600),
      wallSeconds: rounded(seconds),
      lastSeconds: rounded(took.at(-1) ?? 0),
      firstSeconds: rounded(took[0] ?? 0),
    };
    console.log(JSON.stringify(figures, null, 2));
    if (!KEEP) writeLatest('erasure', figures);
  });
});
