import { Model } from 'objection';

/** A class (section) of a roster. */
export class Class extends Model {
  static override readonly tableName = 'classes';
  static readonly harmless = ['source_id', 'title', 'subject', 'status'] as const;
  declare id: string;
  declare tenant_id: string;
  declare source_id: string;
  declare org_unit_id: string | null;
  declare title: string;
  declare subject: string | null;
  declare status: string;
  declare roster_import_id: string | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}

/** A person's place in a class. */
export class Enrollment extends Model {
  static override readonly tableName = 'enrollments';
  static override readonly idColumn = ['tenant_id', 'class_id', 'person_id', 'role'];
  static readonly harmless = ['role', 'status'] as const;
  declare tenant_id: string;
  declare class_id: string;
  declare person_id: string;
  declare role: string;
  declare status: string;
  declare roster_import_id: string | null;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
