const marks = { object: '/Type /EmbeddedFile', size: /\/Length (\d{1,9})\n/, stream: '>>\nstream\n' };

/**
 * The JSON attached to a PDF as renderCertificate makes it: uncompressed, so that it is found without a PDF reader. Undefined when there is
 * none, or more than one.
 */
export function attachedCertificate(pdf: Buffer): Buffer | undefined {
  const at = pdf.indexOf(marks.object);
  const begin = pdf.indexOf(marks.stream, at);
  if (at < 0 || begin < 0 || pdf.includes(marks.object, at + 1)) return undefined;
  const length = marks.size.exec(pdf.subarray(at, begin).toString('latin1'))?.[1];
  const from = begin + marks.stream.length;
  return length === undefined ? undefined : pdf.subarray(from, from + Number(length));
}
