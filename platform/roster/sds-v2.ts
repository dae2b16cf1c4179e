import { roleOf } from '../../domain/roster/words.ts';
import { classOf, enrollmentOf, isGone, nothing, orgUnitOf, personOf, pick, type RosterAdapter } from './adapter.ts';

/** School Data Sync v2: a user's one role and organisations stand in users.csv. */
export const sdsV2: RosterAdapter = {
  format: 'sds-v2',
  files: [
    { name: 'orgs.csv', required: true, columns: ['sourcedId', 'name', 'type'] },
    { name: 'users.csv', required: true, columns: ['sourcedId', 'orgSourcedIds', 'givenName', 'familyName', 'username', 'role'] },
    { name: 'classes.csv', required: true, columns: ['sourcedId', 'orgSourcedId', 'title'] },
    { name: 'enrollments.csv', required: true, columns: ['classSourcedId', 'userSourcedId', 'role'] },
  ],
  sides: [],
  sections: [
    { kind: 'orgUnits', file: 'orgs.csv', parse: (row) => orgUnitOf(row, pick(row, 'sourcedid'), pick(row, 'type')) },
    {
      kind: 'people',
      file: 'users.csv',
      parse: (row) => {
        if (isGone(row)) return nothing;
        const sourceId = pick(row, 'sourcedid');
        const role = roleOf(pick(row, 'role'));
        if (sourceId && !role) return { reason: 'unknown role', sourceId };
        return personOf(row, { sourceId, roles: role ? [role] : [], grade: role === 'student' ? pick(row, 'grade', 'grades') : '' });
      },
    },
    {
      kind: 'classes',
      file: 'classes.csv',
      parse: (row) =>
        isGone(row)
          ? nothing
          : classOf(pick(row, 'sourcedid'), pick(row, 'title'), pick(row, 'orgsourcedid'), pick(row, 'subject', 'coursesubject')),
    },
    {
      kind: 'enrollments',
      file: 'enrollments.csv',
      parse: (row) =>
        isGone(row) ? nothing : enrollmentOf(pick(row, 'classsourcedid'), pick(row, 'usersourcedid'), roleOf(pick(row, 'role'))),
    },
  ],
};
