import { calculateJwkThumbprint, errors, flattenedVerify, importJWK, type JWK } from 'jose';
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/canonical-json.ts';
import type { CertificateContent, CertificateDocument } from '../../domain/privacy/certificate.ts';
import type { Vault } from '../vault.ts';

/** The public key of one version: `kid` is `certificates-<version>`. */
export type CertificateKey = JWK & { readonly kid: string };
export interface CertificateKeySet {
  readonly keys: readonly CertificateKey[];
}
export const kidOfVersion = (version: number): string => `certificates-${version}`;

const base64url = (text: string): string => Buffer.from(text).toString('base64url');

/** The JWS header of what a key signed. */
export const headerOf = (kid: string): string => base64url(canonicalJson({ alg: 'EdDSA', kid }));

/** Signs the content under this version of the key, which never leaves the vault. */
export async function signContent(
  vault: Pick<Vault, 'signCertificate'>,
  content: CertificateContent,
  version: number,
): Promise<CertificateDocument> {
  const header = headerOf(kidOfVersion(version));
  const signature = await vault.signCertificate(`${header}.${base64url(canonicalJson(content))}`, version);
  return { content, protected: header, signature };
}

/** The id of the key a certificate says it was signed by; undefined when its header is none of ours. */
export function kidOf({ protected: header }: Pick<CertificateDocument, 'protected'>): string | undefined {
  try {
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid?: unknown };
    return typeof kid === 'string' && /^certificates-\d{1,6}$/.test(kid) ? kid : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether `content` is what this key signed. Works on the content as it was read, with whatever else somebody may have put into it. */
export async function isSignedBy(
  document: { readonly content: unknown; readonly protected: string; readonly signature: string },
  key: CertificateKey,
): Promise<boolean> {
  const { content, protected: header, signature } = document;
  try {
    await flattenedVerify({ payload: base64url(canonicalJson(content)), protected: header, signature }, await importJWK(key, 'EdDSA'), {
      algorithms: ['EdDSA'],
    });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}

/** What a key is known by for certain: its RFC 7638 thumbprint, SHA-256, hexadecimal. */
export const keyFingerprint = async (key: JWK): Promise<string> =>
  Buffer.from(await calculateJwkThumbprint(key, 'sha256'), 'base64url').toString('hex');

/** The file of a certificate, byte for byte: however it was kept meanwhile, it is the same. */
export const documentText = (document: CertificateDocument): string => canonicalJson(document);
/** SHA-256 of that file, as `sha256sum` prints it. */
export const documentFingerprint = (document: CertificateDocument): string =>
  createHash('sha256').update(documentText(document)).digest('hex');
