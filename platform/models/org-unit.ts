import { Model } from 'objection';

/** A school, district or department of a roster. `source_id` is the school's own id of it. */
export class OrgUnit extends Model {
  static override readonly tableName = 'org_units';
  static readonly harmless = ['source_id', 'parent_source_id', 'name', 'kind', 'status'] as const;
  declare id: string;
  declare tenant_id: string;
  declare source_id: string;
  declare parent_source_id: string | null;
  declare name: string;
  declare kind: string;
  declare status: string;
  declare roster_import_id: string | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
