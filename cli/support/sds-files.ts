import type { Cells, CsvFiles } from './csv-files.ts';
import type { Invented, SchoolPlan } from './plan-school.ts';

const session = 'SY2026';
const user = ({ id, username, givenName, familyName, email }: Invented, phone = ''): Cells => [
  id,
  username,
  givenName,
  familyName,
  'N0t-imported!',
  email,
  phone,
];

function* everyone(plan: SchoolPlan): Generator<Cells> {
  for (let number = 0; number < plan.admins; number++) yield user(plan.admin(number));
  for (let number = 0; number < plan.teachers; number++) yield user(plan.teacher(number));
  for (let number = 0; number < plan.students; number++) yield user(plan.student(number));
  for (let number = 0; number < plan.guardians; number++) yield user(plan.guardian(number), `+1555${String(1_000_000 + number)}`);
}

function* roles(plan: SchoolPlan): Generator<Cells> {
  for (let number = 0; number < plan.admins; number++) yield [plan.admin(number).id, 'D1', 'administrator', session, '', 'TRUE'];
  for (let number = 0; number < plan.teachers; number++)
    yield [plan.teacher(number).id, plan.teacher(number).school, 'teacher', session, '', 'TRUE'];
  for (let number = 0; number < plan.students; number++) {
    const { id, school, grade } = plan.student(number);
    yield [id, school, 'student', session, grade, 'TRUE'];
  }
}

function* enrollments(plan: SchoolPlan): Generator<Cells> {
  for (let number = 0; number < plan.classes; number++) {
    const { id, teacher } = plan.classAt(number);
    yield [id, plan.teacher(teacher).id, 'teacher'];
    for (const student of plan.studentsOf(number)) yield [id, plan.student(student).id, 'student'];
  }
}

function* ofStudents(plan: SchoolPlan, row: (number: number) => Cells | undefined): Generator<Cells> {
  for (let number = 0; number < plan.students; number++) {
    const cells = row(number);
    if (cells) yield cells;
  }
}
function* ofClasses(plan: SchoolPlan): Generator<Cells> {
  for (let number = 0; number < plan.classes; number++) {
    const { id, school, title, subject } = plan.classAt(number);
    yield [id, school, title, session, `K-${subject}`];
  }
}
const withHeader = (header: string, rows: () => Iterable<Cells>) =>
  function* (): Generator<Cells> {
    yield header.split(',');
    yield* rows();
  };

/** School Data Sync v2.1. */
export const sdsFiles = (plan: SchoolPlan): CsvFiles => ({
  'orgs.csv': withHeader('sourcedId,name,type,parentSourcedId', () => [
    ['D1', 'Example District', 'district', ''],
    ...plan.schoolIds.map((id) => [id, `Example School ${id.slice(1)}`, 'school', 'D1']),
  ]),
  'users.csv': withHeader('sourcedId,username,givenName,familyName,password,email,phone', () => everyone(plan)),
  'roles.csv': withHeader('userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary', () => roles(plan)),
  'classes.csv': withHeader('sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId', () => ofClasses(plan)),
  'enrollments.csv': withHeader('classSourcedId,userSourcedId,role', () => enrollments(plan)),
  'demographics.csv': withHeader('userSourcedId,birthDate', () =>
    ofStudents(plan, (number) => [plan.student(number).id, plan.student(number).birthDate]),
  ),
  'relationships.csv': withHeader('userSourcedId,relationshipUserSourcedId,relationshipRole', () =>
    ofStudents(plan, (number) => {
      const guardian = plan.guardianOf(number);
      return guardian === undefined ? undefined : [plan.student(number).id, plan.guardian(guardian).id, 'guardian'];
    }),
  ),
});
