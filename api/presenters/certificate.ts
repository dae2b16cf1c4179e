import { z } from 'zod';
import { certificateKinds } from '../../domain/privacy/certificate.ts';
import type { Certificate } from '../../platform/models/certificate.ts';
import { documentFingerprint } from '../../platform/privacy/certificate-signature.ts';

export const CertificateSummary = z
  .object({
    id: z.uuid(),
    requestId: z.uuid(),
    kind: z.enum(certificateKinds),
    issuedAt: z.iso.datetime(),
    keyId: z.string().describe('Of /.well-known/certificate-keys.json'),
    fingerprint: z.string().describe('SHA-256 of the certificate as a file, hexadecimal'),
  })
  .meta({ id: 'CertificateSummary' });

export const presentCertificate = ({
  id,
  request_id,
  kind,
  issued_at,
  key_version,
  document,
}: Certificate): z.input<typeof CertificateSummary> => ({
  id,
  requestId: request_id,
  kind,
  issuedAt: issued_at.toISOString(),
  keyId: `certificates-${key_version}`,
  fingerprint: documentFingerprint(document),
});
