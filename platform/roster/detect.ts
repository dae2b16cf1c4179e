import { MissingColumnsError, UnknownRosterFormatError } from '../../domain/errors.ts';
import type { RosterAdapter } from './adapter.ts';
import { columnKey } from './csv-rows.ts';
import { oneRoster11 } from './one-roster-1-1.ts';
import { sdsV1 } from './sds-v1.ts';
import { sdsV21 } from './sds-v2-1.ts';
import { sdsV2 } from './sds-v2.ts';

/** A file's columns (as columnKey) by its lower-case name. */
export type FileColumns = ReadonlyMap<string, readonly string[]>;

const idColumns = ['sisid', 'sectionsisid', 'sourcedid', 'usersourcedid', 'classsourcedid'];

/** How many of a format's files are there with an id in them: a users.csv of another product has none. */
const likeness = ({ files }: RosterAdapter, present: FileColumns): number =>
  files.filter(({ name }) => present.get(name.toLowerCase())?.some((column) => idColumns.includes(column))).length;

/** The later formats share their files' names; their columns tell them apart. */
function newerFormat(present: FileColumns): RosterAdapter {
  const has = (file: string, ...columns: string[]): boolean => columns.some((column) => present.get(file)?.includes(column));
  if (present.has('manifest.csv') || has('users.csv', 'enableduser', 'userids', 'agentsourcedids')) return oneRoster11;
  if (has('classes.csv', 'schoolsourcedid') || has('enrollments.csv', 'schoolsourcedid')) return oneRoster11;
  if (present.has('roles.csv')) return sdsV21;
  return has('users.csv', 'orgsourcedids', 'role') || !present.has('users.csv') ? sdsV2 : sdsV21;
}

/** Which format these files are in, however complete. Throws UnknownRosterFormatError. */
export function detectFormat(present: FileColumns): RosterAdapter {
  const newer = newerFormat(present);
  const [older, later] = [likeness(sdsV1, present), likeness(newer, present)];
  if (older === 0 && later === 0) throw new UnknownRosterFormatError([...present.keys()].sort());
  return older > later ? sdsV1 : newer;
}

/** Throws MissingColumnsError with all that is missing at once; of a file that is missing, all its required columns. */
export function demandColumns({ files }: RosterAdapter, present: FileColumns): void {
  const missing = files.flatMap(({ name, required, columns }) => {
    const there = present.get(name.toLowerCase());
    if (!there && !required) return [];
    const absent = columns.filter((column) => !there?.includes(columnKey(column)));
    return absent.length > 0 ? [{ file: name, columns: absent }] : [];
  });
  if (missing.length > 0) throw new MissingColumnsError(missing);
}
