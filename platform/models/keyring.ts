import { Model } from 'objection';

/** A person's key, wrapped by their tenant's key in the vault. */
export class SubjectKey extends Model {
  static override readonly tableName = 'subject_keys';
  static override readonly idColumn = ['tenant_id', 'subject_id'];
  static readonly harmless = ['wrapped_key'] as const;
  declare tenant_id: string;
  declare subject_id: string;
  declare wrapped_key: string;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}

/** The key of a tenant's blind indexes, wrapped likewise. */
export class IndexKey extends Model {
  static override readonly tableName = 'index_keys';
  static override readonly idColumn = 'tenant_id';
  static readonly harmless = ['wrapped_key'] as const;
  declare tenant_id: string;
  declare wrapped_key: string;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}

/** A key of a tenant's payloads, wrapped likewise. */
export class PayloadKey extends Model {
  static override readonly tableName = 'payload_keys';
  static override readonly idColumn = ['tenant_id', 'id'];
  static readonly harmless = ['wrapped_key'] as const;
  declare tenant_id: string;
  declare id: string;
  declare wrapped_key: string;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}

/** Finds a subject by a keyed hash of what is known of them. */
export class BlindIndex extends Model {
  static override readonly tableName = 'blind_indexes';
  static override readonly idColumn = ['tenant_id', 'purpose', 'hmac'];
  static readonly harmless = ['purpose', 'hmac', 'source_digest'] as const;
  declare tenant_id: string;
  declare purpose: string;
  declare hmac: Buffer;
  declare subject_id: string;
  declare source_digest: Buffer | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}

/** How often keys were destroyed: one row. */
export class KeyGeneration extends Model {
  static override readonly tableName = 'key_generation';
  static override readonly idColumn = 'single';
  declare single: boolean;
  declare generation: number;
}

/** When destroyed keys were taken out of the files of the cluster, and up to where its WAL is gone. */
export class KeyShredding extends Model {
  static override readonly tableName = 'key_shreddings';
  static override readonly idColumn = 'ordinal';
  static readonly harmless = ['lsn'] as const;
  declare ordinal: number;
  declare begun_at: Date;
  declare ended_at: Date | null;
  declare rounds: number | null;
  declare lsn: string | null;
}
