import { Model } from 'objection';

/** One act, chained to the one before it in its tenant. The database sets seq, at and the hashes. */
export class AuditEntry extends Model {
  static override readonly tableName = 'audit_log';
  static override readonly idColumn = ['tenant_id', 'seq'];
  static readonly harmless = ['action', 'object_type', 'before_digest', 'after_digest', 'previous_hash', 'hash'] as const;
  declare tenant_id: string;
  declare seq: number;
  declare id: string;
  declare at: Date;
  declare actor_id: string | null;
  declare on_behalf_of: string | null;
  declare action: string;
  declare object_type: string;
  declare object_id: string | null;
  declare request_id: string | null;
  declare run_id: string | null;
  declare before_digest: Buffer | null;
  declare after_digest: Buffer | null;
  declare previous_hash: Buffer;
  declare hash: Buffer;
}

/** The newest link of a tenant's chain. The app's role can only read it. */
export class AuditHead extends Model {
  static override readonly tableName = 'audit_heads';
  static override readonly idColumn = 'tenant_id';
  static readonly harmless = ['hash'] as const;
  declare tenant_id: string;
  declare seq: number;
  declare hash: Buffer;
}
