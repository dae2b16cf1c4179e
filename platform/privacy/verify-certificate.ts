import { z } from 'zod';
import type { CertificateDocument } from '../../domain/privacy/certificate.ts';
import { attachedCertificate } from './attached-certificate.ts';
import { checkContent, type Finding } from './certificate-facts.ts';
import { renderCertificate } from './certificate-pdf.ts';
import { certificateDocument, formProblems } from './certificate-schema.ts';
import { type CertificateKeySet, isSignedBy, keyFingerprint, kidOf } from './certificate-signature.ts';

export interface VerifyWith {
  readonly keys: CertificateKeySet;
  /** The thumbprint of the key it must be signed by, as it was told by another way; hexadecimal. */
  readonly fingerprint?: string | undefined;
}
export interface Verdict {
  readonly valid: boolean;
  readonly findings: readonly Finding[];
  /** The thumbprint of the key it was held against, when there is one. */
  readonly keyFingerprint?: string;
  /** Only of what has the form of a certificate; believe it when `valid`. */
  readonly document?: CertificateDocument;
}

/** A published key set as somebody saved it. */
export const certificateKeySet = z.object({
  keys: z
    .array(z.looseObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().regex(/^[\w-]{43}$/), kid: z.string().max(60) }))
    .min(1)
    .max(1_000),
});

/**
 * Checks a certificate, a JSON or a PDF with one inside, with nothing but the keys: no network, no clock. Never throws for what is in the
 * file: that is a finding.
 */
export async function verifyCertificate(file: Buffer, known: VerifyWith): Promise<Verdict> {
  const { isPdf, document, finding } = openCertificate(file);
  if (!document) return { valid: false, findings: [finding] };
  const signed = await checkSignature(document, known);
  const findings = [finding, ...signed.findings, ...checkContent(document.content), ...(isPdf ? [await checkPages(file, document)] : [])];
  const valid = findings.every(({ problems }) => problems.length === 0);
  return { valid, findings, document, ...(signed.keyFingerprint ? { keyFingerprint: signed.keyFingerprint } : {}) };
}

interface Opened {
  readonly isPdf: boolean;
  readonly document?: CertificateDocument;
  readonly finding: Finding;
}
/** Reads a file of either kind. Nothing is said of whether its facts or its signature are good. */
export function openCertificate(file: Buffer): Opened {
  const isPdf = file.subarray(0, 5).toString('latin1') === '%PDF-';
  const refused = (check: string, problems: readonly string[]): Opened => ({ isPdf, finding: { check, problems } });
  const bytes = isPdf ? attachedCertificate(file) : file;
  if (!bytes) return refused('It carries a certificate', ['there is none attached to this PDF, or another program has rewritten it']);
  const parsed = parseJson(bytes);
  if (parsed === undefined) return refused('It is JSON that reads in one way', ['it is not']);
  const { success, data: document, error } = certificateDocument.safeParse(parsed);
  if (!success) return refused('It has the form of a certificate', formProblems(error));
  const form = 'It has the form of a certificate: ids, words of the platform’s, counts, times and digests, nothing else';
  return { isPdf, document, finding: { check: form, problems: [] } };
}

/**
 * Undefined when it is none, or could be read in two ways: of a name that stands twice one program takes the first, another the last. A
 * certificate holds no space within a text and nothing escaped, so without white space it is what it reads as.
 */
function parseJson(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text.replaceAll(/\s/g, '') ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

async function checkSignature(
  document: CertificateDocument,
  { keys: { keys }, fingerprint }: VerifyWith,
): Promise<{ findings: Finding[]; keyFingerprint?: string }> {
  const kid = kidOf(document);
  // A set may be joined of several platforms', each with a first key.
  const named = keys.filter((candidate) => candidate.kid === kid);
  const signed = await Promise.all(named.map((candidate) => isSignedBy(document, candidate)));
  const key = named[signed.indexOf(true)] ?? named[0];
  if (!key)
    return {
      findings: [{ check: 'It is signed by a key of the set', problems: [`the set has no key ${kid ?? 'of the kind its header names'}`] }],
    };
  const print = await keyFingerprint(key);
  const signature = {
    check: `It is signed by the key ${key.kid} (Ed25519)`,
    problems: signed.includes(true) ? [] : ['the signature is not of this content by that key'],
  };
  const pinned = {
    check: 'That key has the fingerprint you named',
    problems: print === fingerprint ? [] : [`its fingerprint is ${print}`],
  };
  return { findings: fingerprint === undefined ? [signature] : [signature, pinned], keyFingerprint: print };
}

/** The pages follow from the facts alone, so they are made again and compared: what one reads is then what was signed. */
async function checkPages(file: Buffer, document: CertificateDocument): Promise<Finding> {
  const same = (await renderCertificate(document)).equals(file);
  const problem = `they are not the ones this version of the tool makes of the signed facts (the certificate was issued by version ${document.content.software.version}): believe the facts below, not the pages`;
  return { check: 'The pages of the PDF say what was signed', problems: same ? [] : [problem] };
}
