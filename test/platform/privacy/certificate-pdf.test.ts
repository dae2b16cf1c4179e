import assert from 'node:assert/strict';
import { newId } from '../../../platform/ids.ts';
import { attachedCertificate } from '../../../platform/privacy/attached-certificate.ts';
import { renderCertificate } from '../../../platform/privacy/certificate-pdf.ts';
import { documentFingerprint, documentText } from '../../../platform/privacy/certificate-signature.ts';
import { verifyCertificate } from '../../../platform/privacy/verify-certificate.ts';
import { contentOf, finalStatement, makeSigner, statement } from '../../support/certificate.ts';

/** What is written on the pages, from their uncompressed streams: hexadecimal strings, with numbers for the space between letters. */
const textOf = (pdf: Buffer): string =>
  [...pdf.toString('latin1').matchAll(/\[((?:<[0-9a-f]*>|[\d.\s-])*)\] TJ/g)]
    .map(([, line = '']) => Buffer.from([...line.matchAll(/<([0-9a-f]*)>/g)].map(([, hex = '']) => hex).join(''), 'hex').toString('latin1'))
    .join('\n');
const pagesOf = (pdf: Buffer): number => Number(/\/Count (\d+)/.exec(pdf.toString('latin1'))?.[1]);

describe('platform/privacy/certificate-pdf', () => {
  const signer = makeSigner();

  it('says on its pages what the signed facts say, and how to verify them', async () => {
    const document = await signer.sign(contentOf());
    const { content } = document;
    const pdf = await renderCertificate(document);
    const text = textOf(pdf).replaceAll(/\s+/g, ' ');
    const facts = [
      content.id,
      content.requestId,
      content.subjectId,
      content.tenantId,
      content.audit.head.hash,
      documentFingerprint(document),
    ];
    for (const fact of [
      ...facts,
      'Certificate of erasure',
      'postgres-main (platform)',
      'enrollments 3',
      'tax-records',
      '2026-11-01 09:20:00 UTC',
      'npx toolbox verify',
    ])
      assert.ok(text.includes(fact), fact);
    assert.equal(pagesOf(pdf), 1);
    assert.match(
      textOf(await renderCertificate(await signer.sign(contentOf(finalStatement(), 'erasure-final')))),
      /Certificate of final erasure/,
    );
  });

  it('is the same, byte for byte, whenever it is made', async () => {
    const document = await signer.sign(contentOf());
    const again = JSON.parse(JSON.stringify(document)) as typeof document;
    assert.ok((await renderCertificate(document)).equals(await renderCertificate(again)));
  });

  it('carries the signed certificate, which is verified with the pages', async () => {
    const document = await signer.sign(contentOf());
    const pdf = await renderCertificate(document);
    assert.equal(attachedCertificate(pdf)?.toString(), documentText(document));
    assert.equal((await verifyCertificate(pdf, signer)).valid, true);
  });

  it('is found out when a page was changed, and when what is attached was', async () => {
    const document = await signer.sign(contentOf());
    const pdf = (await renderCertificate(document)).toString('latin1');
    const repainted = pdf.replace(Buffer.from('postgres').toString('hex'), Buffer.from('postgrez').toString('hex'));
    const other = pdf.replace('"people":1', '"people":9');
    for (const [changed, problem] of [
      [repainted, /believe the facts below, not the pages/],
      [other, /signature is not of this content/],
      [pdf.replace('/EmbeddedFile\n', '/EmbeddedFiel\n'), /none attached/],
    ] as const) {
      assert.notEqual(changed, pdf);
      const { valid, findings } = await verifyCertificate(Buffer.from(changed, 'latin1'), signer);
      assert.equal(valid, false);
      assert.match(findings.flatMap(({ problems }) => problems).join(), problem);
    }
    assert.equal((await verifyCertificate(Buffer.from('%PDF-1.3\n'), signer)).valid, false);
  });

  it('stays within three pages for a person who is in thirty places', async () => {
    const [first] = statement().places;
    const places = Array.from({ length: 30 }, (_, at) => ({ ...first, place: `place-${at + 1}` }));
    const tombstones = Array.from({ length: 10 }, () => ({
      place: 'place-1',
      reference: newId(),
      until: '2026-12-01T09:00:00.000Z',
      gone: false,
    }));
    const pdf = await renderCertificate(await signer.sign({ ...contentOf(), places, tombstones }));
    assert.ok(pagesOf(pdf) <= 3, `${pagesOf(pdf)} pages`);
    assert.match(textOf(pdf), /page 2 of/);
  });
});
