import { Model } from 'objection';
import type { PiiColumns } from './all.ts';

/** A tenant's data subject. What names them is sealed under their own key; an erased person keeps the row and loses the key. */
export class Person extends Model {
  static override readonly tableName = 'people';
  static readonly pii = {
    display_name: 'name',
    given_name: 'name',
    middle_name: 'name',
    family_name: 'name',
    username: 'name',
    email: 'email',
    phone: 'phone',
    address: 'address',
    date_of_birth: 'date_of_birth',
    government_id: 'government_id',
    student_number: 'student_number',
    roblox_user_id: 'roblox_user_id',
    location: 'location',
    billing_identity: 'billing_identity',
    guardian_contact: 'guardian_contact',
  } as const satisfies PiiColumns;
  static readonly harmless = ['status', 'source', 'roles', 'grade', 'locale', 'rectified_fields'] as const;
  declare id: string;
  declare tenant_id: string;
  declare status: string;
  declare source: string;
  declare roles: string[];
  declare grade: string | null;
  declare locale: string | null;
  declare display_name: Buffer | null;
  declare given_name: Buffer | null;
  declare middle_name: Buffer | null;
  declare family_name: Buffer | null;
  declare username: Buffer | null;
  declare email: Buffer | null;
  declare phone: Buffer | null;
  declare address: Buffer | null;
  declare date_of_birth: Buffer | null;
  declare government_id: Buffer | null;
  declare student_number: Buffer | null;
  declare roblox_user_id: Buffer | null;
  declare location: Buffer | null;
  declare billing_identity: Buffer | null;
  declare guardian_contact: Buffer | null;
  declare roster_import_id: string | null;
  /** Columns that were corrected: a roster does not write them any more. */
  declare rectified_fields: string[];
  /** The run that corrected last. */
  declare rectified_by: string | null;
  /** The run that holds the data back (GDPR Art. 18). */
  declare restricted_by: string | null;
  declare restricted_at: Date | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
