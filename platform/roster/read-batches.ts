import type { BadRow, BadRowReason, RosterKind, RosterRecords } from '../../domain/roster/records.ts';
import type { Section } from './adapter.ts';
import type { Row } from './csv-rows.ts';
import { createIdHash } from './id-hash.ts';
import { createSideFacts, type SideFacts } from './side-facts.ts';
import type { RosterSource } from './source.ts';

export interface Read<K extends RosterKind> {
  readonly line: number;
  readonly record: RosterRecords[K];
}
/** Rows [from, to) of a section's file, the header not counted. */
export interface Batch<K extends RosterKind = RosterKind> {
  readonly kind: K;
  readonly file: string;
  readonly from: number;
  readonly to: number;
  readonly reads: readonly Read<K>[];
  readonly bad: readonly BadRow[];
  /** Ids of things that are in the roster, but in a bad row: they stay as they are known. */
  readonly keep: readonly string[];
  /** The file's rows were counted with an earlier section. */
  readonly again: boolean;
}

/** Which ids of a kind were seen. Eight bytes an id: a roster is too large to remember, its ids are not. */
export function createSeen(): (kind: RosterKind, id: string) => boolean {
  const hash = createIdHash(8);
  const seen = new Map<RosterKind, Set<string>>();
  return (kind, id) => {
    const ids = seen.get(kind) ?? new Set();
    seen.set(kind, ids);
    const before = ids.size;
    return ids.add(hash(id)).size === before;
  };
}
export type Seen = ReturnType<typeof createSeen>;

/** The facts of the side files, with the rows among them that are bad (all files of a roster: at most `limit`) and how many were read. */
export async function readSides({ adapter, files }: RosterSource, limit: number, onProgress: () => void): Promise<Sides> {
  const facts = createSideFacts();
  const bad: BadRow[] = [];
  const sides = { rows: 0, badRows: 0 };
  const importedLater = new Set(adapter.sections.map(({ file }) => file));
  for (const { file: key, note } of adapter.sides) {
    const file = files.get(key);
    for await (const block of file?.rows() ?? []) {
      onProgress();
      for (const row of block) {
        const reason = 'values' in row ? note(row.values, facts) : row.reason;
        // A file that is also imported tells of its own rows then.
        if (importedLater.has(key)) continue;
        sides.rows += 1;
        if (!reason) continue;
        sides.badRows += 1;
        if (bad.length < limit) bad.push({ file: file?.name ?? key, line: row.line, reason });
      }
    }
  }
  return { facts, bad, ...sides };
}
export interface Sides {
  readonly facts: SideFacts;
  readonly bad: readonly BadRow[];
  readonly rows: number;
  readonly badRows: number;
}

interface Draft<K extends RosterKind> {
  reads: Read<K>[];
  bad: BadRow[];
  keep: string[];
}

function takeRow<K extends RosterKind>(draft: Draft<K>, row: Row, file: string, { section, facts, seen, again }: Reading<K>): void {
  const refuse = (reason: BadRowReason): void => {
    if (!again) draft.bad.push({ file, line: row.line, reason });
  };
  if ('reason' in row) return refuse(row.reason);
  const parsed = section.parse(row.values, facts);
  if ('reason' in parsed) {
    if (parsed.sourceId) draft.keep.push(parsed.sourceId);
    return refuse(parsed.reason);
  }
  for (const record of parsed.records) {
    if ('sourceId' in record && seen(section.kind, record.sourceId)) refuse('duplicate id within the roster');
    else draft.reads.push({ line: row.line, record });
  }
}

export interface Reading<K extends RosterKind> {
  readonly section: Section<K>;
  readonly facts: SideFacts;
  readonly seen: Seen;
  /** The file was a section's before: its unreadable rows have been told. */
  readonly again: boolean;
}

/** A section's rows in batches of `size`, cut at the same rows however often they are read. None when the roster lacks the file. */
export async function* readBatches<K extends RosterKind>(
  { files }: RosterSource,
  reading: Reading<K>,
  size: number,
): AsyncGenerator<Batch<K>> {
  const { again } = reading;
  const { kind, file: key } = reading.section;
  const file = files.get(key);
  if (!file) return;
  let draft: Draft<K> = { reads: [], bad: [], keep: [] };
  let from = 0;
  let at = 0;
  for await (const block of file.rows()) {
    for (const row of block) {
      takeRow(draft, row, file.name, reading);
      at += 1;
      if (at - from < size) continue;
      yield { kind, file: file.name, from, to: at, again, ...draft };
      draft = { reads: [], bad: [], keep: [] };
      from = at;
    }
  }
  if (at > from) yield { kind, file: file.name, from, to: at, again, ...draft };
}
