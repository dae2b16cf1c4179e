import { Model } from 'objection';
import type { ExportFormat, ExportRecipient, ExportStatus } from '../../domain/privacy/export.ts';
import type { PiiColumns } from './all.ts';

/**
 * A package of a person's data, sealed; its id is its run's. The passphrase, when there is one, is sealed under the person's own key and
 * gone once it was shown. `sha256` and `size_bytes` are of the sealed file.
 */
export class PrivacyExport extends Model {
  static override readonly tableName = 'privacy_exports';
  static override readonly idColumn = ['tenant_id', 'id'];
  static readonly pii = { passphrase: 'sealed_document' } as const satisfies PiiColumns;
  static readonly harmless = ['status', 'formats', 'recipient_kind', 'bucket', 'object_key', 'sha256'] as const;
  declare id: string;
  declare tenant_id: string;
  declare subject_id: string;
  /** The account that asked for it; null when a process of the platform did. */
  declare requested_by: string | null;
  declare status: ExportStatus;
  declare formats: ExportFormat[];
  declare recipient_kind: ExportRecipient['kind'];
  declare passphrase: Buffer | null;
  declare passphrase_shown_at: Date | null;
  declare bucket: string;
  declare object_key: string;
  declare size_bytes: number | null;
  declare sha256: string | null;
  /** How many records it has, and how many values of others were left out. */
  declare records: number | null;
  declare redactions: number | null;
  declare expires_at: Date;
  declare ready_at: Date | null;
  declare downloads: number;
  declare downloaded_at: Date | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
