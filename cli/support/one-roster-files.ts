import type { Cells, CsvFiles } from './csv-files.ts';
import type { Invented, SchoolPlan } from './plan-school.ts';

const userColumns =
  'sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password';

interface More {
  readonly school: string;
  readonly role: string;
  readonly identifier?: string;
  readonly agents?: string;
  readonly grade?: number;
}
function user(
  { id, username, givenName, familyName, email }: Invented,
  { school, role, identifier = '', agents = '', grade }: More,
): Cells {
  const head = [id, '', '', 'true', school, role, username, ''];
  const person = [givenName, familyName, '', identifier, email, '', ''];
  return [...head, ...person, agents, grade ?? '', 'N0t-imported!'];
}

function* users(plan: SchoolPlan): Generator<Cells> {
  yield userColumns.split(',');
  for (let number = 0; number < plan.admins; number++) yield user(plan.admin(number), { school: 'D1', role: 'administrator' });
  for (let number = 0; number < plan.teachers; number++)
    yield user(plan.teacher(number), { school: plan.teacher(number).school, role: 'teacher' });
  for (let number = 0; number < plan.students; number++) {
    const [student, guardian] = [plan.student(number), plan.guardianOf(number)];
    const agents = guardian === undefined ? '' : plan.guardian(guardian).id;
    yield user(student, { school: student.school, role: 'student', identifier: `N${number}`, agents, grade: student.grade });
  }
  for (let number = 0; number < plan.guardians; number++) yield user(plan.guardian(number), { school: 'D1', role: 'guardian' });
}

function* classes(plan: SchoolPlan): Generator<Cells> {
  yield 'sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods'.split(
    ',',
  );
  for (let number = 0; number < plan.classes; number++) {
    const { id, title, school, subject } = plan.classAt(number);
    yield [id, '', '', title, '', `K-${subject}`, id, 'scheduled', '', school, 'SY2026', subject, '', ''];
  }
}

function* enrollments(plan: SchoolPlan): Generator<Cells> {
  yield 'sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate'.split(',');
  let count = 0;
  for (let number = 0; number < plan.classes; number++) {
    const { id, school, teacher } = plan.classAt(number);
    yield [`E${count++}`, '', '', id, school, plan.teacher(teacher).id, 'teacher', 'true', '', ''];
    for (const student of plan.studentsOf(number))
      yield [`E${count++}`, '', '', id, school, plan.student(student).id, 'student', 'false', '', ''];
  }
}

function* demographics(plan: SchoolPlan): Generator<Cells> {
  yield ['sourcedId', 'status', 'dateLastModified', 'birthDate', 'sex'];
  for (let number = 0; number < plan.students; number++) yield [plan.student(number).id, '', '', plan.student(number).birthDate, ''];
}

/** OneRoster 1.1 CSV, bulk. */
export const oneRosterFiles = (plan: SchoolPlan): CsvFiles => ({
  'manifest.csv': () => [
    ['propertyName', 'value'],
    ['manifest.version', '1.0'],
    ['oneroster.version', '1.1'],
    ...['orgs', 'users', 'classes', 'enrollments', 'demographics'].map((file) => [`file.${file}`, 'bulk']),
  ],
  'orgs.csv': () => [
    'sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId'.split(','),
    ['D1', '', '', 'Example District', 'district', '', ''],
    ...plan.schoolIds.map((id) => [id, '', '', `Example School ${id.slice(1)}`, 'school', '', 'D1']),
  ],
  'users.csv': () => users(plan),
  'classes.csv': () => classes(plan),
  'enrollments.csv': () => enrollments(plan),
  'demographics.csv': () => demographics(plan),
});
