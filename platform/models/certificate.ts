import { Model } from 'objection';
import type { CertificateDocument, CertificateKind } from '../../domain/privacy/certificate.ts';

/** A certificate as it was signed, one a request and kind. The app's role can add one and change none. */
export class Certificate extends Model {
  static override readonly tableName = 'certificates';
  static override readonly idColumn = ['tenant_id', 'id'];
  static readonly harmless = ['kind', 'document'] as const;
  static override readonly jsonAttributes = ['document'];
  declare id: string;
  declare tenant_id: string;
  declare request_id: string;
  declare kind: CertificateKind;
  declare document: CertificateDocument;
  declare key_version: number;
  declare issued_at: Date;
}
