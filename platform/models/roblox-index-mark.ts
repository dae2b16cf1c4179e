import { Model } from 'objection';

/** Until when a school's Roblox users are in its blind index. */
export class RobloxIndexMark extends Model {
  static override readonly tableName = 'roblox_index_marks';
  static override readonly idColumn = 'tenant_id';
  declare tenant_id: string;
  declare indexed_until: Date;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
