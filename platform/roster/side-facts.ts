import { type TenantRole, tenantRoles } from '../../domain/roles.ts';
import { createIdHash } from './id-hash.ts';

export type SideFacts = ReturnType<typeof createSideFacts>;

const roleBits = tenantRoles.length;
const maxGrades = 1_000;

/**
 * What a person's row does not say itself because the format keeps it in files of their own: a number a fact, so that a roster of
 * any size can be joined without holding it.
 */
export function createSideFacts() {
  const hash = createIdHash(8);
  const grades: string[] = [''];
  const rolesAndGrade = new Map<string, number>();
  const birthdays = new Map<string, number>();
  const subjects = new Map<string, string>();

  const gradeNumber = (grade: string): number => {
    const known = grades.indexOf(grade);
    if (known >= 0) return known;
    return grades.length < maxGrades ? grades.push(grade) - 1 : 0;
  };
  return {
    /** Adds a role; the first grade that is told stays. */
    addRole(personId: string, role: TenantRole, grade = ''): void {
      const key = hash(personId);
      const known = rolesAndGrade.get(key) ?? 0;
      const numbered = known >> roleBits || gradeNumber(grade);
      rolesAndGrade.set(key, (known & ((1 << roleBits) - 1)) | (1 << tenantRoles.indexOf(role)) | (numbered << roleBits));
    },
    rolesOf(personId: string): { roles: TenantRole[]; grade: string } {
      const known = rolesAndGrade.get(hash(personId)) ?? 0;
      return { roles: tenantRoles.filter((_, bit) => known & (1 << bit)), grade: grades[known >> roleBits] ?? '' };
    },
    /** `date` is YYYY-MM-DD. */
    setBirthday: (personId: string, date: string): void => void birthdays.set(hash(personId), Number(date.replaceAll('-', ''))),
    birthdayOf(personId: string): string | undefined {
      return birthdays
        .get(hash(personId))
        ?.toString()
        .replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3');
    },
    setSubject: (courseId: string, subject: string): void => void subjects.set(courseId, subject),
    subjectOf: (courseId: string): string => subjects.get(courseId) ?? '',
  };
}
