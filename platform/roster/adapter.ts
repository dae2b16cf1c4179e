import type { BadRowReason, RosterFormat, RosterKind, RosterRecords } from '../../domain/roster/records.ts';
import { gradeOf, isEmail, isoDate, kindOf } from '../../domain/roster/words.ts';
import type { TenantRole } from '../../domain/roles.ts';
import type { Values } from './csv-rows.ts';
import type { SideFacts } from './side-facts.ts';

/** A file of a format: `name` and `columns` as its documentation writes them. */
export interface FileSpec {
  readonly name: string;
  readonly required: boolean;
  /** What it must have; further columns are optional. */
  readonly columns: readonly string[];
}

/** What a row says: records, or why it says none. A bad row that names a thing keeps what is known of it as it is. */
export type Parsed<K extends RosterKind> =
  | { readonly records: readonly RosterRecords[K][] }
  | { readonly reason: BadRowReason; readonly sourceId?: string };

export interface Section<K extends RosterKind = RosterKind> {
  readonly kind: K;
  /** The file's name in lower case. */
  readonly file: string;
  parse(row: Values, facts: SideFacts): Parsed<K>;
}
export type AnySection = { readonly [K in RosterKind]: Section<K> }[RosterKind];

/** A file whose rows add to what other files say: read first, kept as a few bytes a row. Answers why a row is bad. */
export interface SideFile {
  readonly file: string;
  note(row: Values, facts: SideFacts): BadRowReason | undefined;
}
export interface RosterAdapter {
  readonly format: RosterFormat;
  readonly files: readonly FileSpec[];
  readonly sides: readonly SideFile[];
  /** In the order of rosterKinds. */
  readonly sections: readonly AnySection[];
}

export const nothing = { records: [] } as const;
export const one = <R>(record: R): { readonly records: readonly R[] } => ({ records: [record] });

/** The first of these columns that has a value. */
export function pick(row: Values, ...columns: readonly string[]): string {
  for (const column of columns) if (row[column]) return row[column];
  return '';
}

/** Rows that exporters keep, but whose things are no longer there. */
export const isGone = (row: Values): boolean =>
  ['tobedeleted', 'inactive', 'deleted', 'disabled'].includes(pick(row, 'status').toLowerCase());

export interface PersonFields {
  readonly sourceId: string;
  readonly roles: readonly TenantRole[];
  readonly grade: string;
  readonly dateOfBirth?: string | undefined;
}

const columnsOfPerson = {
  givenName: ['givenname', 'firstname', 'preferredgivenname'],
  middleName: ['middlename', 'preferredmiddlename'],
  familyName: ['familyname', 'lastname', 'preferredfamilyname'],
  username: ['username'],
  phone: ['phone', 'sms', 'mobile'],
  studentNumber: ['studentnumber', 'usernumber', 'identifier'],
} as const;

/** A person from the columns that all formats share. An e-mail address is what the e-mail column has, or else a user name that is one. */
export function personOf(row: Values, { sourceId, roles, grade, dateOfBirth }: PersonFields): Parsed<'people'> {
  if (!sourceId) return { reason: 'id is empty' };
  const value = (column: keyof typeof columnsOfPerson): string | undefined => pick(row, ...columnsOfPerson[column]) || undefined;
  const [givenName, middleName, familyName, username] = [value('givenName'), value('middleName'), value('familyName'), value('username')];
  const displayName = [givenName, familyName].filter(Boolean).join(' ');
  if (!displayName) return { reason: 'name is empty', sourceId };
  const given = pick(row, 'email', 'secondaryemail');
  if (given && !isEmail(given)) return { reason: 'email is not an address', sourceId };
  const born = pick(row, 'birthdate', 'dateofbirth');
  const birthday = isoDate(born);
  if (born && !birthday) return { reason: 'birth date is not a date', sourceId };
  return one({
    sourceId,
    roles,
    displayName,
    givenName,
    middleName,
    familyName,
    username,
    email: given || (username && isEmail(username) ? username : undefined),
    phone: value('phone'),
    grade: gradeOf(grade.split(',')[0]?.trim() ?? ''),
    dateOfBirth: birthday ?? dateOfBirth,
    studentNumber: roles.includes('student') ? value('studentNumber') : undefined,
  });
}

export function orgUnitOf(row: Values, sourceId: string, kind: string): Parsed<'orgUnits'> {
  if (!sourceId) return { reason: 'id is empty' };
  const name = pick(row, 'name');
  if (!name) return { reason: 'name is empty', sourceId };
  return one({ sourceId, name, kind: kindOf(kind), parentSourceId: pick(row, 'parentsourcedid') || undefined });
}

export function classOf(sourceId: string, title: string, orgSourceId: string, subject: string): Parsed<'classes'> {
  if (!sourceId) return { reason: 'id is empty' };
  if (!title) return { reason: 'name is empty', sourceId };
  return one({ sourceId, title, orgSourceId: orgSourceId || undefined, subject: subject || undefined });
}

/** A place in a class: people of a school who are no students stand at the teacher's side of it. */
export function enrollmentOf(classSourceId: string, personSourceId: string, role: TenantRole | undefined): Parsed<'enrollments'> {
  if (!classSourceId || !personSourceId) return { reason: 'id is empty' };
  if (!role) return { reason: 'unknown role' };
  if (role === 'guardian') return nothing;
  return one({ classSourceId, personSourceId, role: role === 'student' ? 'student' : 'teacher' });
}
