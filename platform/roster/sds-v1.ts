import { relationshipOf } from '../../domain/roster/words.ts';
import type { TenantRole } from '../../domain/roles.ts';
import { classOf, enrollmentOf, isGone, nothing, one, orgUnitOf, type Parsed, personOf, pick, type RosterAdapter } from './adapter.ts';
import type { Values } from './csv-rows.ts';

const person = (row: Values, role: TenantRole): Parsed<'people'> =>
  isGone(row)
    ? nothing
    : personOf(row, { sourceId: pick(row, 'sisid'), roles: [role], grade: role === 'student' ? pick(row, 'grade') : '' });
/** Guardians have no SIS id in this format: their address is what names them, in the roster as in our index. */
const guardianId = (row: Values): string => pick(row, 'email').toLowerCase();

/** School Data Sync v1: a file for each kind of person and place, each with its own 'SIS ID'. */
export const sdsV1: RosterAdapter = {
  format: 'sds-v1',
  files: [
    { name: 'School.csv', required: true, columns: ['SIS ID', 'Name'] },
    { name: 'Student.csv', required: true, columns: ['SIS ID', 'School SIS ID', 'First Name', 'Last Name'] },
    { name: 'Teacher.csv', required: true, columns: ['SIS ID', 'School SIS ID', 'First Name', 'Last Name'] },
    { name: 'Section.csv', required: true, columns: ['SIS ID', 'School SIS ID', 'Section Name'] },
    { name: 'StudentEnrollment.csv', required: true, columns: ['Section SIS ID', 'SIS ID'] },
    { name: 'TeacherRoster.csv', required: true, columns: ['Section SIS ID', 'SIS ID'] },
    { name: 'User.csv', required: false, columns: ['Email', 'First Name', 'Last Name'] },
    { name: 'GuardianRelationship.csv', required: false, columns: ['SIS ID', 'Email', 'Role'] },
  ],
  sides: [],
  sections: [
    { kind: 'orgUnits', file: 'school.csv', parse: (row) => orgUnitOf(row, pick(row, 'sisid'), 'school') },
    { kind: 'people', file: 'student.csv', parse: (row) => person(row, 'student') },
    { kind: 'people', file: 'teacher.csv', parse: (row) => person(row, 'teacher') },
    { kind: 'people', file: 'user.csv', parse: (row) => personOf(row, { sourceId: guardianId(row), roles: ['guardian'], grade: '' }) },
    {
      kind: 'classes',
      file: 'section.csv',
      parse: (row) =>
        isGone(row) ? nothing : classOf(pick(row, 'sisid'), pick(row, 'sectionname'), pick(row, 'schoolsisid'), pick(row, 'coursesubject')),
    },
    {
      kind: 'enrollments',
      file: 'studentenrollment.csv',
      parse: (row) => enrollmentOf(pick(row, 'sectionsisid'), pick(row, 'sisid'), 'student'),
    },
    {
      kind: 'enrollments',
      file: 'teacherroster.csv',
      parse: (row) => enrollmentOf(pick(row, 'sectionsisid'), pick(row, 'sisid'), 'teacher'),
    },
    {
      kind: 'guardianships',
      file: 'guardianrelationship.csv',
      parse: (row) => {
        const [childSourceId, guardianSourceId] = [pick(row, 'sisid'), guardianId(row)];
        if (!childSourceId || !guardianSourceId) return { reason: 'id is empty' };
        return one({ childSourceId, guardianSourceId, relationship: relationshipOf(pick(row, 'role')) });
      },
    },
  ],
};
