import { finished } from 'node:stream/promises';
import type { RosterCheck } from '../../domain/roster/counts.ts';
import { RosterChangesOnlyError } from '../../domain/errors.ts';
import { pick, type RosterAdapter } from './adapter.ts';
import { type ArchivedFile, openArchive, type ArchiveSource } from './archive.ts';
import { countRows, readColumns, readRows, type Row } from './csv-rows.ts';
import { demandColumns, detectFormat, type FileColumns } from './detect.ts';

export interface RosterFile {
  readonly name: string;
  /** Reads the file from its beginning. */
  rows(): AsyncIterable<Row[]>;
  /** As `rows`, but only how many there are. */
  counts(): AsyncIterable<number>;
}
/** A roster whose format is known and complete; files by lower-case name. */
export interface RosterSource {
  readonly adapter: RosterAdapter;
  readonly files: ReadonlyMap<string, RosterFile>;
}

/** In a OneRoster set of changes, what is not there has not gone: reading it as a whole roster would deactivate everyone else. */
async function refuseChangesOnly(file: RosterFile | undefined): Promise<void> {
  const changed: string[] = [];
  for await (const rows of file?.rows() ?? [])
    for (const row of rows)
      if ('values' in row && pick(row.values, 'value').toLowerCase() === 'delta') changed.push(pick(row.values, 'propertyname'));
  if (changed.length > 0) throw new RosterChangesOnlyError(changed);
}

async function recognise(columns: FileColumns, archived: readonly ArchivedFile[]): Promise<RosterAdapter> {
  try {
    const adapter = detectFormat(columns);
    demandColumns(adapter, columns);
    return adapter;
  } catch (error) {
    // A damaged header looks like another one: damage is the truer refusal, and shows when a file is read to its end.
    for (const { open } of archived) await finished((await open()).resume());
    throw error;
  }
}

/**
 * Opens a zipped roster: reads its directory and the files' headers. Throws BadArchiveError, ArchiveTooLargeError, WrongEncodingError,
 * UnknownRosterFormatError, MissingColumnsError, RosterChangesOnlyError.
 */
export async function openRoster(source: ArchiveSource): Promise<RosterSource> {
  const columns = new Map<string, readonly string[]>();
  const files = new Map<string, RosterFile>();
  const archived = await openArchive(source);
  for (const { name, open } of archived) {
    columns.set(name.toLowerCase(), await readColumns(await open(), name));
    const rows = async function* (): AsyncGenerator<Row[]> {
      yield* readRows(await open(), name);
    };
    const counts = async function* (): AsyncGenerator<number> {
      yield* countRows(await open(), name);
    };
    files.set(name.toLowerCase(), { name, rows, counts });
  }
  const adapter = await recognise(columns, archived);
  await refuseChangesOnly(files.get('manifest.csv'));
  return { adapter, files };
}

/** Reads every byte of a roster once: sizes, checksums, encoding, and how many rows there are. Throws as openRoster does; a bad row is none of its concern. */
export async function checkRoster({ adapter, files }: RosterSource, onProgress: () => void = () => undefined): Promise<RosterCheck> {
  const counted: { name: string; rows: number }[] = [];
  const ofFile = new Map<string, number>();
  for (const [key, file] of files) {
    let rows = 0;
    for await (const count of file.counts()) {
      rows += count;
      onProgress();
    }
    counted.push({ name: file.name, rows });
    ofFile.set(key, rows);
  }
  const sum = (kind: string): number =>
    adapter.sections.reduce((total, section) => total + (section.kind === kind ? (ofFile.get(section.file) ?? 0) : 0), 0);
  const rows = [...importedFiles(adapter)].reduce((total, key) => total + (ofFile.get(key) ?? 0), 0);
  const totals = { rows, people: sum('people'), classes: sum('classes'), enrollments: sum('enrollments') };
  return { format: adapter.format, files: counted, totals };
}

/** Lower-case names of the files whose rows an import reads. */
export const importedFiles = ({ sides, sections }: RosterAdapter): Set<string> => new Set([...sides, ...sections].map(({ file }) => file));
