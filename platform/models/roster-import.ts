import { Model } from 'objection';

/** One import of a roster: what was read, and where the report of refused rows is. */
export class RosterImport extends Model {
  static override readonly tableName = 'roster_imports';
  static override readonly jsonAttributes = ['counts'];
  static readonly harmless = ['format', 'status', 'counts', 'report_key'] as const;
  declare id: string;
  declare tenant_id: string;
  declare run_id: string;
  declare format: string;
  declare status: string;
  declare counts: Readonly<Record<string, number>>;
  declare report_key: string | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
