import { Model } from 'objection';
import type { Role } from '../../domain/roles.ts';

/** A person asked to make an account. The code they get is signed, not stored. */
export class Invitation extends Model {
  static override readonly tableName = 'invitations';
  static readonly harmless = ['role', 'status'] as const;
  declare id: string;
  declare tenant_id: string;
  declare person_id: string;
  declare role: Role;
  declare status: string;
  declare run_id: string | null;
  declare expires_at: Date;
  declare sent_at: Date | null;
  declare accepted_at: Date | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
