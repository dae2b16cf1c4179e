import { isoDate, relationshipOf, roleOf } from '../../domain/roster/words.ts';
import { classOf, enrollmentOf, isGone, nothing, one, orgUnitOf, personOf, pick, type RosterAdapter } from './adapter.ts';

/** School Data Sync v2.1: users.csv names people; what they are, when they were born and whose guardians they are stands elsewhere. */
export const sdsV21: RosterAdapter = {
  format: 'sds-v2.1',
  files: [
    { name: 'orgs.csv', required: true, columns: ['sourcedId', 'name', 'type'] },
    { name: 'users.csv', required: true, columns: ['sourcedId', 'username', 'givenName', 'familyName'] },
    { name: 'roles.csv', required: true, columns: ['userSourcedId', 'orgSourcedId', 'role'] },
    { name: 'classes.csv', required: true, columns: ['sourcedId', 'orgSourcedId', 'title'] },
    { name: 'enrollments.csv', required: true, columns: ['classSourcedId', 'userSourcedId', 'role'] },
    { name: 'relationships.csv', required: false, columns: ['userSourcedId', 'relationshipUserSourcedId', 'relationshipRole'] },
    { name: 'demographics.csv', required: false, columns: ['userSourcedId', 'birthDate'] },
    { name: 'courses.csv', required: false, columns: ['sourcedId', 'title'] },
    { name: 'academicSessions.csv', required: false, columns: ['sourcedId', 'title'] },
    { name: 'userFlags.csv', required: false, columns: ['userSourcedId', 'flag'] },
  ],
  sides: [
    {
      file: 'roles.csv',
      note: (row, facts) => {
        if (isGone(row)) return undefined;
        const [id, role] = [pick(row, 'usersourcedid'), roleOf(pick(row, 'role'))];
        if (!id) return 'id is empty';
        if (!role) return 'unknown role';
        facts.addRole(id, role, role === 'student' ? pick(row, 'grade') : '');
        return undefined;
      },
    },
    {
      file: 'relationships.csv',
      note: (row, facts) => {
        const guardian = pick(row, 'relationshipusersourcedid');
        if (guardian) facts.addRole(guardian, 'guardian');
        return undefined;
      },
    },
    {
      file: 'demographics.csv',
      note: (row, facts) => {
        const [id, born] = [pick(row, 'usersourcedid'), pick(row, 'birthdate')];
        const date = isoDate(born);
        if (!id) return 'id is empty';
        if (born && !date) return 'birth date is not a date';
        if (date) facts.setBirthday(id, date);
        return undefined;
      },
    },
    {
      file: 'courses.csv',
      note: (row, facts) => {
        facts.setSubject(pick(row, 'sourcedid'), pick(row, 'subject'));
        return undefined;
      },
    },
  ],
  sections: [
    { kind: 'orgUnits', file: 'orgs.csv', parse: (row) => orgUnitOf(row, pick(row, 'sourcedid'), pick(row, 'type')) },
    {
      kind: 'people',
      file: 'users.csv',
      parse: (row, facts) => {
        const sourceId = pick(row, 'sourcedid');
        return isGone(row) ? nothing : personOf(row, { sourceId, ...facts.rolesOf(sourceId), dateOfBirth: facts.birthdayOf(sourceId) });
      },
    },
    {
      kind: 'classes',
      file: 'classes.csv',
      parse: (row, facts) =>
        isGone(row)
          ? nothing
          : classOf(pick(row, 'sourcedid'), pick(row, 'title'), pick(row, 'orgsourcedid'), facts.subjectOf(pick(row, 'coursesourcedid'))),
    },
    {
      kind: 'enrollments',
      file: 'enrollments.csv',
      parse: (row) =>
        isGone(row) ? nothing : enrollmentOf(pick(row, 'classsourcedid'), pick(row, 'usersourcedid'), roleOf(pick(row, 'role'))),
    },
    {
      kind: 'guardianships',
      file: 'relationships.csv',
      parse: (row) => {
        const [childSourceId, guardianSourceId] = [pick(row, 'usersourcedid'), pick(row, 'relationshipusersourcedid')];
        if (!childSourceId || !guardianSourceId) return { reason: 'id is empty' };
        return one({ childSourceId, guardianSourceId, relationship: relationshipOf(pick(row, 'relationshiprole')) });
      },
    },
  ],
};
