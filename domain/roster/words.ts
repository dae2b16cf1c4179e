import type { TenantRole } from '../roles.ts';

/** How rosters name what people are; compared in lower case without blanks, hyphens and underscores. */
const roleWords: Readonly<Record<'student' | 'teacher' | 'guardian' | 'tenant_admin', readonly string[]>> = {
  student: ['student', 'learner', 'athlete', 'pupil'],
  // Whoever works at a school sees what a teacher sees, no more: administration is not given away by a word like "staff".
  teacher: [
    'teacher',
    'professor',
    'faculty',
    'lecturer',
    'instructor',
    'adjunct',
    'advisor',
    'aide',
    'assistant',
    'staff',
    'proctor',
    'tutor',
    'coach',
    'counselor',
    'teachingassistant',
    'primaryteacher',
    'substitute',
    'specialist',
    'therapist',
    'nurse',
    'researcher',
    'fellow',
    'mentor',
    'paraprofessional',
    'officestaff',
    'schooladministrativestaff',
    'schoolbasedstaff',
    'districtstaff',
    'affiliate',
    'other',
    'itadmin',
    'principal',
    'assistantprincipal',
    'superintendent',
    'chiefacademicofficer',
    'chair',
    'dean',
    'provost',
    'registrar',
  ],
  guardian: ['guardian', 'parent', 'relative', 'caregiver', 'stepparent', 'grandparent'],
  tenant_admin: ['administrator', 'sysadmin', 'systemadministrator', 'siteadministrator', 'districtadministrator'],
};
const roleOfWord = new Map(Object.entries(roleWords).flatMap(([role, words]) => words.map((word) => [word, role as TenantRole] as const)));

const plain = (word: string): string => word.toLowerCase().replaceAll(/[\s_-]+/g, '');

/** The platform's role for a roster's word; undefined for a word no format knows. */
export const roleOf = (word: string): TenantRole | undefined => roleOfWord.get(plain(word));

const relationships = new Set([
  'parent',
  'guardian',
  'relative',
  'aide',
  'doctor',
  'emergencycontact',
  'child',
  'sibling',
  'grandparent',
  'stepparent',
  'caregiver',
]);
/** A harmless word for what a guardian is to a child: 'other' for anything not known. */
export const relationshipOf = (word: string): string => {
  const known = plain(word);
  if (known === '') return 'guardian';
  return relationships.has(known) ? known : 'other';
};

const address = /^[^\s@,;<>"]+@[^\s@.,;<>"]+(?:\.[^\s@.,;<>"]+)+$/;
export const isEmail = (text: string): boolean => text.length <= 254 && address.test(text);

/** 'YYYY-MM-DD' of an ISO date (a time after it is ignored) or of month/day/year; undefined when it is no day of the calendar from 1900 to 2099. */
export function isoDate(text: string): string | undefined {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?$/.exec(text);
  const american = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
  const [year, month, day] = iso ? [iso[1], iso[2], iso[3]] : [american?.[3], american?.[1], american?.[2]];
  if (!year || !month || !day) return undefined;
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const time = new Date(`${date}T00:00:00Z`);
  const exists = !Number.isNaN(time.getTime()) && time.toISOString().startsWith(date);
  return exists && /^(?:19|20)/.test(year) ? date : undefined;
}

/** A grade is a short word; anything longer is no grade and could be about a person. */
export const gradeOf = (text: string): string | undefined => (/^[\p{L}\p{N} .+/-]{1,24}$/u.test(text) ? text : undefined);

/** What an organisation is: a lower-case word of letters. */
export const kindOf = (text: string): string => /^[a-z]{1,40}$/.exec(plain(text))?.[0] ?? 'school';
