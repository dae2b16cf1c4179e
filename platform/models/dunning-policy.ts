import { Model } from 'objection';
import type { DunningPolicy } from '../../domain/dunning/policy.ts';

/** A school's dunning policy by its version: written once, never changed. The highest version is the one new runs begin with. */
export class DunningPolicyRow extends Model {
  static override readonly tableName = 'dunning_policies';
  static override readonly idColumn = ['tenant_id', 'policy_version'];
  static readonly harmless = ['policy'] as const;
  static override readonly jsonAttributes = ['policy'];
  declare tenant_id: string;
  declare policy_version: number;
  declare policy: DunningPolicy;
  declare created_by: string;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
