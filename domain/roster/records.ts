import type { TenantRole } from '../roles.ts';

export const rosterFormats = ['sds-v1', 'sds-v2', 'sds-v2.1', 'one-roster-1.1'] as const;
export type RosterFormat = (typeof rosterFormats)[number];

/** What a roster is made of, in the order in which it is imported: later kinds refer to earlier ones. */
export const rosterKinds = ['orgUnits', 'people', 'classes', 'enrollments', 'guardianships'] as const;
export type RosterKind = (typeof rosterKinds)[number];

/** Source ids are the school's own, trimmed. A field that is absent is empty in the roster. */
export interface OrgUnitRecord {
  readonly sourceId: string;
  readonly name: string;
  /** School, district, department, ...: a lower-case word. */
  readonly kind: string;
  readonly parentSourceId?: string | undefined;
}
export interface PersonRecord {
  readonly sourceId: string;
  readonly roles: readonly TenantRole[];
  readonly grade?: string | undefined;
  readonly displayName: string;
  readonly givenName?: string | undefined;
  readonly middleName?: string | undefined;
  readonly familyName?: string | undefined;
  readonly username?: string | undefined;
  readonly email?: string | undefined;
  readonly phone?: string | undefined;
  /** YYYY-MM-DD. */
  readonly dateOfBirth?: string | undefined;
  readonly studentNumber?: string | undefined;
}
export interface ClassRecord {
  readonly sourceId: string;
  readonly title: string;
  readonly subject?: string | undefined;
  readonly orgSourceId?: string | undefined;
}
export interface EnrollmentRecord {
  readonly classSourceId: string;
  readonly personSourceId: string;
  readonly role: 'student' | 'teacher';
}
export interface GuardianshipRecord {
  readonly guardianSourceId: string;
  readonly childSourceId: string;
  readonly relationship: string;
}
export interface RosterRecords {
  readonly orgUnits: OrgUnitRecord;
  readonly people: PersonRecord;
  readonly classes: ClassRecord;
  readonly enrollments: EnrollmentRecord;
  readonly guardianships: GuardianshipRecord;
}

/** Why a row was not imported. Words only: a report never repeats what stood in the file. */
export const badRowReasons = [
  'wrong number of columns',
  'the row cannot be read',
  'id is empty',
  'name is empty',
  'a value is too long',
  'duplicate id within the roster',
  'unknown role',
  'email is not an address',
  'birth date is not a date',
  'refers to an organisation that does not exist',
  'refers to a person who does not exist',
  'refers to a class that does not exist',
] as const;
export type BadRowReason = (typeof badRowReasons)[number];

export interface BadRow {
  readonly file: string;
  /** Of the file, 1 is its header. */
  readonly line: number;
  readonly reason: BadRowReason;
}
