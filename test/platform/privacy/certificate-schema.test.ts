import assert from 'node:assert/strict';
import type { CertificateStatement } from '../../../domain/privacy/certificate.ts';
import { newId } from '../../../platform/ids.ts';
import { certificateDocument, certificateStatement, formProblems, isReference } from '../../../platform/privacy/certificate-schema.ts';
import { contentOf, finalStatement, makeSigner, statement } from '../../support/certificate.ts';

/** What somebody might put into any field, by mistake or on purpose. */
const personal = [
  'ada@lincoln.example',
  'Ada Lovelace',
  'Ada',
  'Lovelace, Ada',
  'ADA',
  '+1 555 0100 200',
  '15550100200',
  '1815-12-10',
  '192.0.2.7',
  '2001:db8::7',
  '123-45-6789',
  'user.15550100200',
  '156',
  '12 St James Square',
  'Ada_Lovelace',
  'cus_AdaLovelace',
  '\u0430da',
  '',
];

/** The value with one leaf, or one key of an object of counts, replaced by another, for each there is. */
function* replaced(value: unknown, by: string, path = ''): Generator<readonly [string, unknown]> {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries())
      for (const [where, changed] of replaced(item, by, `${path}.${at}`)) yield [where, value.with(at, changed)];
  } else if (value !== null && typeof value === 'object') {
    yield [`${path}: a field more`, { ...value, [by]: 1 }];
    for (const [key, item] of Object.entries(value)) {
      for (const [where, changed] of replaced(item, by, `${path}.${key}`)) yield [where, { ...value, [key]: changed }];
    }
  } else yield [path, by];
}

describe('platform/privacy/certificate-schema', () => {
  it('takes a statement that holds, in the beginning and in the end', () => {
    assert.deepEqual(certificateStatement.parse(statement()).law, 'gdpr');
    assert.ok(certificateStatement.safeParse(finalStatement()).success);
  });

  for (const text of personal)
    it(`has no field, and no key, that takes ${JSON.stringify(text)}`, () => {
      const taken = [...replaced(statement(), text)].filter(([, changed]) => certificateStatement.safeParse(changed).success);
      assert.deepEqual(
        taken.map(([path]) => path),
        [],
      );
    });

  it('takes nothing of the kind into a signed certificate either', async () => {
    const document = await makeSigner().sign(contentOf());
    // The first entry of a log has no hash before it.
    const words = personal.filter((text) => text !== '');
    const taken = words.flatMap((text) =>
      [...replaced(document, text)].filter(([, changed]) => certificateDocument.safeParse(changed).success),
    );
    assert.deepEqual(
      taken.map(([path]) => path),
      [],
    );
  });

  it('says where something is wrong, and not a word of it', () => {
    const hostile = {
      ...statement(),
      law: 'Ada Lovelace',
      note: 'Ada',
      places: [{ ...statement().places[0], before: { 'ada@lincoln.example': 1 } }],
    };
    const { error } = certificateStatement.safeParse(hostile);
    assert.ok(error);
    const problems = formProblems(error);
    assert.doesNotMatch(problems.join(), /ada|lovelace|note/i);
    assert.match(problems.join(), /law is not of the form.*places\.0\.before\.\* is not/);
  });

  it('takes ids of vendors by their own forms only', () => {
    const withReference = (reference: string): CertificateStatement => ({
      ...statement(),
      tombstones: [{ place: 'stripe', reference, until: '2026-12-01T00:00:00.000Z', gone: false }],
    });
    const takes = (reference: string): boolean => certificateStatement.safeParse(withReference(reference)).success;
    for (const good of ['cus_NffrFeUfNV2Hib', '20261101-030000F_20261102-030000I', '0123456789abcdef0123'])
      assert.equal(takes(good), true, good);
    for (const bad of ['ada_lovelace1', '12345678901234567890', 'cus_lovelace', 'cus_NffrFeUfNV2Hib ', 'deadbeef'])
      assert.equal(takes(bad), false, bad);
    // What receipts keep is stated only where a certificate takes it: an object whose id happens to have no digit must hold up none.
    const kept = ['cus_NffrFeUfNV2Hib', 'pm_abcdefghijklmnop', 'pm_1abcdefgh', 'msg.1234', newId(), 'child 0190d1a0', 'a_1'];
    const stated = kept.filter(isReference);
    assert.equal(stated.length, 3);
    assert.deepEqual(stated.filter(takes), stated);
  });
});
