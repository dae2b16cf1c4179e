import { Model } from 'objection';

/** A file a client brought, kept sealed until the run that needs it has read it. */
export class Upload extends Model {
  static override readonly tableName = 'uploads';
  static readonly harmless = ['kind', 'status', 'bucket', 'object_key', 'sha256'] as const;
  declare id: string;
  declare tenant_id: string;
  declare kind: string;
  declare status: string;
  declare bucket: string;
  declare object_key: string;
  declare size_bytes: number;
  declare sha256: string;
  declare created_by: string;
  declare expires_at: Date;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
