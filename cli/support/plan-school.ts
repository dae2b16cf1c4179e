import { familyNames, givenNames, subjects } from './names.ts';
import { createRandom } from './random.ts';

export interface Invented {
  readonly id: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly username: string;
  readonly email: string;
}
export interface InventedStudent extends Invented {
  readonly grade: number;
  readonly birthDate: string;
  readonly school: string;
}
export type SchoolPlan = ReturnType<typeof planSchool>;

const classSize = 25;
const classesOfStudent = 4;
const schoolSize = 1_500;
const schoolYear = 2026;

const latin = (name: string): string =>
  name
    .normalize('NFD')
    .replaceAll('ı', 'i')
    .replaceAll('ł', 'l')
    .replaceAll(/[^A-Za-z]/g, '')
    .toLowerCase();

/** How big everything is, and every person and class by number: nothing is remembered, all of it follows from the seed and the number. */
export function planSchool(users: number, seed: number) {
  const admins = users >= 20 ? 1 : 0;
  const teachers = Math.max(1, Math.round(users * 0.05));
  const guardians = Math.floor(Math.max(0, users - admins - teachers) * 0.3);
  const students = Math.max(0, users - admins - teachers - guardians);
  const schools = Math.max(1, Math.ceil(students / schoolSize));
  const classes = Math.ceil((students * classesOfStudent) / classSize);

  const schoolOf = (number: number): string => `S${(number % schools) + 1}`;
  const invent = (prefix: string, number: number, host: string): Invented & { random: ReturnType<typeof createRandom> } => {
    const random = createRandom(seed * 1_000_003 + number * 4 + 'TSGA'.indexOf(prefix));
    const [givenName, familyName] = [random.pick(givenNames), random.pick(familyNames)];
    const username = `${latin(givenName)}.${latin(familyName)}${number}`;
    return { id: `${prefix}${100_000 + number}`, givenName, familyName, username, email: `${username}@${host}.example`, random };
  };
  return {
    users,
    admins,
    teachers,
    guardians,
    students,
    schools,
    classes,
    enrollments: students * classesOfStudent + classes,
    schoolIds: Array.from({ length: schools }, (_, index) => `S${index + 1}`),
    admin: (number: number): Invented => invent('A', number, 'office.school'),
    teacher: (number: number): Invented & { school: string } => ({ ...invent('T', number, 'staff.school'), school: schoolOf(number) }),
    guardian: (number: number): Invented => invent('G', number, 'families'),
    student(number: number): InventedStudent {
      const { random, ...person } = invent('S', number, 'students.school');
      const grade = random.between(1, 12);
      const [month, day] = [random.between(1, 12), random.between(1, 28)].map((part) => String(part).padStart(2, '0'));
      return { ...person, grade, birthDate: `${schoolYear - 6 - grade}-${month}-${day}`, school: schoolOf(number) };
    },
    /** The number of a student's guardian; siblings share one. */
    guardianOf: (student: number): number | undefined => (guardians > 0 ? student % guardians : undefined),
    classAt(number: number): { id: string; title: string; subject: string; school: string; teacher: number } {
      const subject = subjects[number % subjects.length] ?? subjects[0];
      const section = Math.floor(number / subjects.length) + 1;
      return {
        id: `C${100_000 + number}`,
        title: `${subject}, group ${section}`,
        subject,
        school: schoolOf(number),
        teacher: number % teachers,
      };
    },
    /** Who sits in a class: the rounds of the student list are shared out to the classes in turn. */
    *studentsOf(number: number): Generator<number> {
      const places = students * classesOfStudent;
      for (let place = number * classSize; place < Math.min(places, (number + 1) * classSize); place++) yield place % students;
    },
  };
}
