import type { GuardianshipRecord } from '../../domain/roster/records.ts';
import { isoDate, relationshipOf, roleOf } from '../../domain/roster/words.ts';
import { classOf, enrollmentOf, isGone, nothing, orgUnitOf, type Parsed, personOf, pick, type RosterAdapter } from './adapter.ts';
import type { Values } from './csv-rows.ts';

const isAway = (row: Values): boolean => isGone(row) || pick(row, 'enableduser').toLowerCase() === 'false';

/** A user's agents act for them: a student's are guardians, a guardian's are their children. */
function guardianships(row: Values): Parsed<'guardianships'> {
  const agents = pick(row, 'agentsourcedids')
    .split(',')
    .map((id) => id.trim())
    .filter(Boolean);
  const [self, role] = [pick(row, 'sourcedid'), roleOf(pick(row, 'role'))];
  if (agents.length === 0 || !self || isAway(row)) return nothing;
  const relationship = relationshipOf(role === 'guardian' ? pick(row, 'role') : '');
  const pair = (agent: string): GuardianshipRecord[] => {
    if (role === 'student') return [{ guardianSourceId: agent, childSourceId: self, relationship }];
    return role === 'guardian' ? [{ guardianSourceId: self, childSourceId: agent, relationship }] : [];
  };
  return { records: agents.flatMap(pair) };
}

/** IMS OneRoster 1.1 CSV, bulk. */
export const oneRoster11: RosterAdapter = {
  format: 'one-roster-1.1',
  files: [
    { name: 'orgs.csv', required: true, columns: ['sourcedId', 'name', 'type'] },
    { name: 'users.csv', required: true, columns: ['sourcedId', 'orgSourcedIds', 'role', 'username', 'givenName', 'familyName'] },
    { name: 'classes.csv', required: true, columns: ['sourcedId', 'title', 'schoolSourcedId'] },
    { name: 'enrollments.csv', required: true, columns: ['classSourcedId', 'userSourcedId', 'role'] },
    { name: 'demographics.csv', required: false, columns: ['sourcedId', 'birthDate'] },
    { name: 'courses.csv', required: false, columns: ['sourcedId', 'title'] },
    { name: 'academicSessions.csv', required: false, columns: ['sourcedId', 'title'] },
    { name: 'manifest.csv', required: false, columns: ['propertyName', 'value'] },
  ],
  sides: [
    {
      file: 'demographics.csv',
      note: (row, facts) => {
        const [id, born] = [pick(row, 'sourcedid'), pick(row, 'birthdate')];
        const date = isoDate(born);
        if (!id) return 'id is empty';
        if (born && !date) return 'birth date is not a date';
        if (date && !isGone(row)) facts.setBirthday(id, date);
        return undefined;
      },
    },
  ],
  sections: [
    {
      kind: 'orgUnits',
      file: 'orgs.csv',
      parse: (row) => (isGone(row) ? nothing : orgUnitOf(row, pick(row, 'sourcedid'), pick(row, 'type'))),
    },
    {
      kind: 'people',
      file: 'users.csv',
      parse: (row, facts) => {
        if (isAway(row)) return nothing;
        const sourceId = pick(row, 'sourcedid');
        const role = roleOf(pick(row, 'role'));
        if (sourceId && !role) return { reason: 'unknown role', sourceId };
        const grade = role === 'student' ? pick(row, 'grades', 'grade') : '';
        return personOf(row, { sourceId, roles: role ? [role] : [], grade, dateOfBirth: facts.birthdayOf(sourceId) });
      },
    },
    {
      kind: 'classes',
      file: 'classes.csv',
      parse: (row) =>
        isGone(row) ? nothing : classOf(pick(row, 'sourcedid'), pick(row, 'title'), pick(row, 'schoolsourcedid'), pick(row, 'subjects')),
    },
    {
      kind: 'enrollments',
      file: 'enrollments.csv',
      parse: (row) =>
        isGone(row) ? nothing : enrollmentOf(pick(row, 'classsourcedid'), pick(row, 'usersourcedid'), roleOf(pick(row, 'role'))),
    },
    { kind: 'guardianships', file: 'users.csv', parse: guardianships },
  ],
};
