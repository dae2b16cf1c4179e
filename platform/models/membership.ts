import { Model } from 'objection';
import type { Role } from '../../domain/roles.ts';

/** Joins an account to a tenant, and to the person it is there, with a role. */
export class Membership extends Model {
  static override readonly tableName = 'memberships';
  static readonly harmless = ['role', 'status'] as const;
  static readonly columns = [
    'id',
    'tenant_id',
    'account_id',
    'person_id',
    'role',
    'status',
    'version',
    'created_at',
    'updated_at',
  ] as const;
  declare id: string;
  declare tenant_id: string;
  declare account_id: string;
  declare person_id: string | null;
  declare role: Role;
  declare status: string;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
