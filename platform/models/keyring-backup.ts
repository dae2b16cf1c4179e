import { Model } from 'objection';

/**
 * A backup of the keyring's cluster in the object store, sealed to a key that no host of the platform has. Rows are the platform's own,
 * and are there before the backup begins: one that was cut off has no `stored_at`, and is removed in its time like the others.
 */
export class KeyringBackup extends Model {
  static override readonly tableName = 'keyring_backups';
  static override readonly idColumn = ['tenant_id', 'id'];
  static readonly harmless = ['object_key', 'sha256'] as const;
  declare id: string;
  declare tenant_id: string;
  declare object_key: string;
  /** By the keyring's clock, before its snapshot was opened: what was destroyed earlier is not in it. */
  declare taken_at: Date;
  declare expires_at: Date;
  declare stored_at: Date | null;
  declare removed_at: Date | null;
  declare size_bytes: number | null;
  declare sha256: string | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
