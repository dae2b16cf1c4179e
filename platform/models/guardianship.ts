import { Model } from 'objection';

/** Who answers for a child. */
export class Guardianship extends Model {
  static override readonly tableName = 'guardianships';
  static override readonly idColumn = ['tenant_id', 'guardian_id', 'child_id'];
  static readonly harmless = ['relationship', 'status'] as const;
  declare tenant_id: string;
  declare guardian_id: string;
  declare child_id: string;
  declare relationship: string;
  declare status: string;
  declare roster_import_id: string | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
