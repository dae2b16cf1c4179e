import { type CertificateDeps, type CertificateRequest, issueCertificate } from '../platform/privacy/certificate.ts';
import { documentFingerprint } from '../platform/privacy/certificate-signature.ts';

export interface CertificateActivityDeps {
  readonly knex: CertificateDeps['knex'];
  readonly vault: CertificateDeps['vault'];
}
/** What a run remembers of a certificate: where it is found, and the SHA-256 of its file. */
export interface IssuedCertificate {
  readonly certificateId: string;
  readonly fingerprint: string;
  readonly issuedAt: string;
}

export const createCertificateActivities = (deps: CertificateActivityDeps) => ({
  /**
   * Safe to retry: there is one certificate a request and kind, and a repeat answers it. Refuses (`certificate-refused`) what does not hang
   * together, or holds anything but ids, words of ours, counts, times and digests.
   */
  async issueCertificate(request: CertificateRequest): Promise<IssuedCertificate> {
    const document = await issueCertificate(deps, request);
    const { id: certificateId, issuedAt } = document.content;
    return { certificateId, fingerprint: documentFingerprint(document), issuedAt };
  },
});
export type CertificateActivities = ReturnType<typeof createCertificateActivities>;
