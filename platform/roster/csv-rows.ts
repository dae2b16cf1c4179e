import type { Readable } from 'node:stream';
import { parse } from 'csv-parse/sync';
import type { BadRowReason } from '../../domain/roster/records.ts';
import { lineBlocks } from './line-blocks.ts';

/** A row's values by column, both as columnKey and trimmed. A column the file does not have is not there. */
export type Values = Readonly<Record<string, string>>;
export type Row = { readonly line: number } & ({ readonly values: Values } | { readonly reason: BadRowReason });

const maxValueLength = 1_000;
const maxRecordLines = 20;
const controls = /\p{Cc}+/gu;

/** Exporters write the same column as 'SIS ID', 'sisId' or 'SIS_ID'. */
export const columnKey = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '');

/** Passwords end here: no code behind the reader ever sees such a column. */
const isSecret = (column: string): boolean => /passw(?:or)?d|passphrase/.test(column);

interface Header {
  readonly width: number;
  /** Where each column that is kept stands. */
  readonly kept: readonly (readonly [name: string, index: number])[];
}

// A record with quotes goes to csv-parse; one without is exactly its commas, which is most of them and ten times as fast.
function fieldsOf(text: string): string[] | undefined {
  if (!text.includes('"')) return text.split(',');
  const records = parse(text, { relax_column_count: true, relax_quotes: true, skip_records_with_error: true, trim: true });
  return records.length === 1 ? records[0] : undefined;
}

const quotesIn = (text: string): number => text.split('"').length - 1;
const isBlank = (text: string): boolean => /^[\s,]*$/.test(text);

export function headerOf(text: string): Header {
  const names = (fieldsOf(text) ?? []).map(columnKey);
  while (names.at(-1) === '') names.pop();
  const kept = names
    .map((name, index) => [name, index] as const)
    .filter(([name, index]) => name !== '' && !isSecret(name) && names.indexOf(name) === index);
  return { width: names.length, kept };
}

/** Columns of a file that are read, as columnKey. Empty for an empty file. */
export async function readColumns(stream: Readable, file: string): Promise<string[]> {
  for await (const { lines } of lineBlocks(stream, file)) {
    const header = lines.find((line) => !isBlank(line));
    if (header !== undefined) return headerOf(header).kept.map(([name]) => name);
  }
  return [];
}

/** Spreadsheets pad rows with empty fields: those are forgiven, missing or surplus values are not. */
const fits = (fields: readonly string[], { width }: Header): boolean =>
  fields.length === width || (fields.length > width && fields.slice(width).every((field) => field.trim() === ''));

function rowOf(fields: readonly string[], line: number, { kept }: Header): Row {
  const values: Record<string, string> = {};
  for (const [name, index] of kept) {
    const value = (fields[index] ?? '').replaceAll(controls, ' ').trim();
    if (value.length > maxValueLength) return { line, reason: 'a value is too long' };
    values[name] = value;
  }
  return { line, values };
}

/**
 * Takes one record from the front of `lines`. A record goes on over lines while a quote is open; where that does not end in a row
 * of the right width within 20 lines, the quote was a stray one: its line alone is bad, and reading goes on behind it.
 * Undefined: more lines are needed.
 */
function takeRecord(
  lines: readonly string[],
  at: number,
  line: number,
  header: Header,
  ended: boolean,
): { row: Row; taken: number } | undefined {
  let text = lines[at] ?? '';
  let quotes = quotesIn(text);
  let taken = 1;
  for (; quotes % 2 === 1 && taken < maxRecordLines; taken++) {
    const next = lines[at + taken];
    if (next === undefined && !ended) return undefined;
    if (next === undefined) break;
    text += `\n${next}`;
    quotes += quotesIn(next);
  }
  const fields = quotes % 2 === 0 ? fieldsOf(text) : undefined;
  if (fields && fits(fields, header)) return { row: rowOf(fields, line, header), taken };
  const stray = taken > 1 || quotes % 2 === 1;
  return { row: { line, reason: stray ? 'the row cannot be read' : 'wrong number of columns' }, taken: 1 };
}

/** The rows of a CSV file behind its header, a block of them at a time. A row that cannot be read is told apart, never thrown. */
export async function* readRows(stream: Readable, file: string): AsyncGenerator<Row[]> {
  let header: Header | undefined;
  let held: string[] = [];
  let heldFrom = 1;
  const drain = (ended: boolean): Row[] => {
    const rows: Row[] = [];
    let at = 0;
    while (at < held.length) {
      const text = held[at] ?? '';
      if (isBlank(text)) at += 1;
      else if (!header) {
        header = headerOf(text);
        at += 1;
      } else {
        const record = takeRecord(held, at, heldFrom + at, header, ended);
        if (!record) break;
        rows.push(record.row);
        at += record.taken;
      }
    }
    held = held.slice(at);
    heldFrom += at;
    return rows;
  };
  for await (const { lines } of lineBlocks(stream, file)) {
    held = held.length > 0 ? held.concat(lines) : [...lines];
    yield drain(false);
  }
  yield drain(true);
}
