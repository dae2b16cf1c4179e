import { Model } from 'objection';
import type { BreakGlassEnd, BreakGlassRole } from '../../domain/break-glass.ts';
import type { PlatformRole } from '../../domain/roles.ts';
import type { PiiColumns } from './all.ts';

/** One access of a member of the platform's staff to a school. What was stated as its reason is sealed: it may name a person. */
export class BreakGlassAccess extends Model {
  static override readonly tableName = 'break_glass_accesses';
  static override readonly idColumn = ['tenant_id', 'id'];
  static readonly pii = { stated_reason: 'sealed_document' } as const satisfies PiiColumns;
  static readonly harmless = ['opened_as', 'role', 'end_reason'] as const;
  declare id: string;
  /** The school's. */
  declare tenant_id: string;
  declare account_id: string;
  /** The sign-in it was opened in: with that it ends. */
  declare session_id: string;
  declare opened_as: PlatformRole;
  declare role: BreakGlassRole;
  declare stated_reason: Buffer | null;
  declare opened_at: Date;
  declare expires_at: Date;
  declare ended_at: Date | null;
  /** Null when nobody ended it. */
  declare ended_by: string | null;
  declare end_reason: BreakGlassEnd | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
