import PDFDocument from 'pdfkit';
import type { CertificateContent, CertificateDocument } from '../../domain/privacy/certificate.ts';
import { documentFingerprint, documentText, kidOf } from './certificate-signature.ts';
import { auditLines, awaitedLines, checkLines, keyLine, placeRow, requestLines, summaryOf, titleOf } from './certificate-words.ts';

type Pdf = InstanceType<typeof PDFDocument>;
const margin = 54;
const fonts = { plain: 'Helvetica', bold: 'Helvetica-Bold', fixed: 'Courier' } as const;

/**
 * A certificate for people: the facts in words, how to verify them, and the signed JSON attached. Nothing but the document goes into it, so
 * the same document makes the same bytes, by which a page somebody changed is found. Not compressed, so that it can be searched.
 */
export async function renderCertificate(document: CertificateDocument): Promise<Buffer> {
  const { content } = document;
  const issued = new Date(content.issuedAt);
  const info = { Title: `${titleOf[content.kind]} ${content.id}`, CreationDate: issued, ModDate: issued };
  const pdf = new PDFDocument({ compress: false, size: 'A4', margin, bufferPages: true, lang: 'en', info });
  const pieces: Uint8Array[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    pdf
      .on('data', (piece: Uint8Array) => pieces.push(piece))
      .on('end', resolve)
      .on('error', reject);
  });
  const file = {
    name: `${content.id}.json`,
    type: 'application/json',
    description: 'The signed certificate',
    creationDate: issued,
    modifiedDate: issued,
  };
  pdf.file(Buffer.from(documentText(document)), file);
  writePages(pdf, document);
  numberPages(pdf, content);
  pdf.end();
  await ended;
  return Buffer.concat(pieces);
}

function writePages(pdf: Pdf, document: CertificateDocument): void {
  const { content } = document;
  pdf.font(fonts.bold).fontSize(20).text(titleOf[content.kind]).moveDown(0.5);
  pdf.font(fonts.plain).fontSize(10).text(summaryOf[content.kind]).moveDown(0.8);
  for (const [name, value] of requestLines(content))
    pdf.font(fonts.bold).fontSize(9).text(`${name}: `, { continued: true }).font(fonts.plain).text(value);
  heading(pdf, 'Places that were searched');
  pdf.fontSize(8).table({
    columnStyles: [110, '*', 45, 35, 110],
    defaultStyle: { border: 0.5, borderColor: '#999999', padding: 3 },
    data: [['Place (controlled by)', 'Found', 'Erased', 'Left', 'Kept by law'], ...content.places.map(placeRow)],
  });
  pdf.x = margin;
  section(pdf, 'Key', [keyLine(content)]);
  section(pdf, 'Checks', checkLines(content));
  section(pdf, 'Awaited', awaitedLines(content));
  section(pdf, 'Audit log', auditLines(content));
  writeProof(pdf, document);
}

/** Why one need not believe the pages. */
function writeProof(pdf: Pdf, document: CertificateDocument): void {
  heading(pdf, 'How to verify this');
  pdf.font(fonts.plain).fontSize(9);
  pdf.text(
    `The signed certificate is attached to this file as ${document.content.id}.json (Ed25519, key ${kidOf(document) ?? 'unknown'}). Save the platform’s public keys from /.well-known/certificate-keys.json, then, without a network:`,
  );
  pdf.font(fonts.fixed).fontSize(9).text('npx toolbox verify certificate.pdf --keys certificate-keys.json').moveDown(0.3);
  pdf.font(fonts.plain).text('SHA-256 of the attached file:').font(fonts.fixed).fontSize(8).text(documentFingerprint(document));
}

function section(pdf: Pdf, title: string, lines: readonly string[]): void {
  heading(pdf, title);
  pdf.font(fonts.plain).fontSize(8.5);
  for (const line of lines.length > 0 ? lines : ['nothing']) pdf.text(line);
}
const heading = (pdf: Pdf, title: string): void => void pdf.moveDown(0.8).font(fonts.bold).fontSize(11).text(title).moveDown(0.2);

function numberPages(pdf: Pdf, { id }: CertificateContent): void {
  const { count } = pdf.bufferedPageRange();
  for (let at = 0; at < count; at += 1) {
    pdf.switchToPage(at);
    pdf.page.margins.bottom = 0; // or writing there would make another page
    pdf
      .font(fonts.plain)
      .fontSize(7)
      .text(`${id}, page ${at + 1} of ${count}`, margin, pdf.page.height - 36, { lineBreak: false });
  }
}
