import { Model } from 'objection';

/** An effect on a vendor, written before the call: found pending, the vendor is asked what happened. */
export class Effect extends Model {
  static override readonly tableName = 'effects';
  static override readonly idColumn = ['tenant_id', 'key'];
  static readonly harmless = ['key', 'vendor', 'operation', 'status', 'vendor_ref'] as const;
  declare tenant_id: string;
  declare key: string;
  declare vendor: string;
  declare operation: string;
  declare status: string;
  declare vendor_ref: string | null;
  declare requested_at: Date;
  declare done_at: Date | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
