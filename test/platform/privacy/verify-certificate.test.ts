import assert from 'node:assert/strict';
import type { CertificateContent, CertificateDocument } from '../../../domain/privacy/certificate.ts';
import { newId } from '../../../platform/ids.ts';
import { documentText, keyFingerprint } from '../../../platform/privacy/certificate-signature.ts';
import { type Verdict, verifyCertificate } from '../../../platform/privacy/verify-certificate.ts';
import { chainOf, contentOf, finalStatement, makeSigner, statement } from '../../support/certificate.ts';

type Changed = (content: CertificateContent) => unknown;
const problemsOf = ({ findings }: Verdict): string => findings.flatMap(({ problems }) => problems).join('; ');

describe('platform/privacy/verify-certificate', () => {
  const signer = makeSigner();
  const verify = (document: unknown, known = signer.keys): Promise<Verdict> =>
    verifyCertificate(Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)), { keys: known });

  it('finds a genuine certificate valid, as it came and as another program wrote it', async () => {
    const document = await signer.sign(contentOf());
    const { valid, findings } = await verify(documentText(document));
    assert.deepEqual([valid, findings.flatMap(({ problems }) => problems)], [true, []]);
    const { content, ...rest } = document;
    const reordered = { ...rest, content: Object.fromEntries(Object.entries(content).toReversed()) };
    assert.equal((await verify(JSON.stringify(reordered, null, 2))).valid, true);
    assert.equal((await verify(await signer.sign(contentOf(finalStatement(), 'erasure-final')))).valid, true);
  });

  it('finds every single field that was changed', async () => {
    const document = await signer.sign(contentOf());
    const other = contentOf();
    for (const field of Object.keys(document.content) as (keyof CertificateContent)[]) {
      if (['format', 'version', 'law', 'kind', 'software'].includes(field)) continue;
      const forged = { ...document, content: { ...document.content, [field]: field === 'places' ? other.places.slice(1) : other[field] } };
      const changed = JSON.stringify(forged) !== JSON.stringify(document);
      assert.equal((await verify(forged)).valid, !changed, field);
    }
    const flipped = documentText(document).replace('"people":1', '"people":2');
    assert.match(problemsOf(await verify(flipped)), /signature is not of this content/);
  });

  it('believes no other key, whatever the certificate calls it, nor no signature', async () => {
    const stranger = await makeSigner().sign(contentOf());
    assert.match(problemsOf(await verify(stranger)), /signature is not of this content by that key/);
    assert.match(problemsOf(await verify(await makeSigner(7).sign(contentOf()))), /no key certificates-7/);
    const document = await signer.sign(contentOf());
    const joined = { keys: [...makeSigner().keys.keys, ...signer.keys.keys] };
    assert.equal((await verify(document, joined)).valid, true, 'a set of two platforms');
    const none = { ...document, protected: Buffer.from('{"alg":"none","kid":"certificates-1"}').toString('base64url') };
    const ownKey = { ...document, protected: Buffer.from('{"alg":"EdDSA","jwk":{}}').toString('base64url') };
    for (const forged of [none, ownKey, { ...document, signature: 'A'.repeat(86) }, { ...document, signature: '' }])
      assert.equal((await verify(forged)).valid, false);
  });

  it('holds the key against a fingerprint that is known by another way', async () => {
    const document = await signer.sign(contentOf());
    const [key] = signer.keys.keys;
    assert.ok(key);
    const file = Buffer.from(documentText(document));
    const print = await keyFingerprint(key);
    assert.equal((await verifyCertificate(file, { keys: signer.keys, fingerprint: print })).valid, true);
    const wrong = await verifyCertificate(file, { keys: signer.keys, fingerprint: 'ab'.repeat(32) });
    assert.match(problemsOf(wrong), new RegExp(`its fingerprint is ${print}`));
  });

  it('refuses what could be read in two ways, and what is no certificate', async () => {
    const text = documentText(await signer.sign(contentOf()));
    const twice = text.replace('"kind":"erasure"', '"kind":"erasure-final","kind":"erasure"');
    for (const file of ['', '{}', 'null', '[]', 'no', `${text}${text}`, twice, text.replace('{"content"', '{"more":1,"content"')])
      assert.equal((await verify(file)).valid, false, file.slice(0, 60));
    assert.equal((await verifyCertificate(Buffer.from([0xff, 0xfe, 0x00]), { keys: signer.keys })).valid, false);
  });

  const lies: readonly [string, Changed, RegExp][] = [
    [
      'something is left',
      ({ places: [first, ...rest], ...c }) => ({ ...c, places: [{ ...first, residual: { ...first?.residual, people: 1 } }, ...rest] }),
      /postgres-main still holds 1/,
    ],
    [
      'it was searched otherwise',
      ({ places: [first, ...rest], ...c }) => ({ ...c, places: [{ ...first, residual: { people: 0 } }, ...rest] }),
      /not searched for the same/,
    ],
    [
      'there is no receipt',
      ({ places: [first, ...rest], ...c }) => ({ ...c, places: [{ ...first, receipts: [] }, ...rest] }),
      /gave no receipt/,
    ],
    ['a place stands twice', ({ places, ...c }) => ({ ...c, places: [...places, ...places.slice(0, 1)] }), /named twice/],
    [
      'a check failed',
      ({ checks: [first, ...rest], ...c }) => ({ ...c, checks: [{ ...first, passed: false }, ...rest] }),
      /residual-zero did not hold/,
    ],
    ['the key is still there', (c) => ({ ...c, keyDestruction: { ...c.keyDestruction, found: 1 } }), /1 copies of the wrapped key/],
    ['it ended before it began', (c) => ({ ...c, receivedAt: '2026-12-01T00:00:00.000Z' }), /completed before it was received/],
    [
      'there is no such day',
      (c) => ({ ...c, keyDestruction: { ...c.keyDestruction, at: '2026-02-31T00:00:00.000Z' } }),
      /not between|no such day/,
    ],
    ['it is older than what it certifies', (c) => ({ ...c, issuedAt: '2026-11-01T09:00:00.000Z' }), /older than that/],
    ['it is final too early', (c) => ({ ...c, kind: 'erasure-final' }), /backup 20261101-030000F is still there/],
    [
      'something is gone before its time',
      (c) => ({ ...c, tombstones: c.tombstones.map((each) => ({ ...each, gone: true })) }),
      /said to be gone before its time/,
    ],
    [
      'an entry of the log was changed',
      ({ audit: a, ...c }) => ({ ...c, audit: { ...a, entries: a.entries.map((e, at) => (at === 1 ? { ...e, actorId: newId() } : e)) } }),
      /entry 2 does not have the hash/,
    ],
    [
      'an entry is of another chain',
      ({ audit: a, ...c }) => ({
        ...c,
        audit: { ...a, entries: [...a.entries.slice(0, 1), ...chainOf(c.tenantId, newId(), 2).slice(1), ...a.entries.slice(2)] },
      }),
      /entry 3 does not link|entry 2 does not link/,
    ],
    ['the log is another school’s', (c) => ({ ...c, tenantId: newId() }), /does not have the hash/],
    [
      'the head is another',
      ({ audit: a, ...c }) => ({ ...c, audit: { ...a, head: { seq: 3, hash: 'ab'.repeat(32) } } }),
      /not below the head/,
    ],
  ];
  for (const [lie, change, problem] of lies)
    it(`finds a signed lie: ${lie}`, async () => {
      const signed: CertificateDocument = await signer.sign(change(contentOf()));
      const verdict = await verify(signed);
      assert.equal(verdict.valid, false);
      assert.match(problemsOf(verdict), problem);
    });

  it('lets a vendor keep what it says when it will be gone, and nobody else', async () => {
    const kept = (place: string) => ({
      ...statement(),
      places: statement().places.map((each) =>
        each.place === place
          ? { ...each, residual: { ...each.residual, ...Object.fromEntries(Object.keys(each.before).map((key) => [key, 1])) } }
          : each,
      ),
    });
    assert.equal((await verify(await signer.sign(contentOf(kept('stripe'))))).valid, true);
    assert.equal((await verify(await signer.sign(contentOf(kept('redis'))))).valid, false);
  });
});
