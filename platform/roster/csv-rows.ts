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
const anyControl = /\p{Cc}/u;

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
const quoting = {
  record_delimiter: '\n',
  relax_column_count: true,
  relax_quotes: true,
  skip_records_with_error: true,
  trim: true,
} as const;

function fieldsOf(text: string): string[] | undefined {
  if (!text.includes('"')) return text.split(',');
  const records = parse(text, quoting);
  return records.length === 1 ? records[0] : undefined;
}

/**
 * The fields of those lines that are whole records with quotes, by line: setting csv-parse up costs more than taking a line apart. None
 * when they are not one record each, as where a quote in one of them is a stray one: then each is looked at by itself.
 */
function quotedFields(lines: readonly string[]): ReadonlyMap<number, string[]> {
  const quoted: number[] = [];
  lines.forEach((line, at) => {
    if (line.includes('"') && quotesIn(line) % 2 === 0) quoted.push(at);
  });
  const records = quoted.length > 1 ? parse(quoted.map((at) => lines[at]).join('\n'), quoting) : [];
  return new Map(records.length === quoted.length ? quoted.map((at, number) => [at, records[number] ?? []]) : []);
}

const isBlank = (text: string): boolean => /^[\s,]*$/.test(text);

function quotesIn(text: string): number {
  let quotes = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) quotes += 1;
  return quotes;
}

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

function rowOf(text: string, fields: readonly string[], line: number, { kept }: Header): Row {
  const values: Record<string, string> = {};
  const clean = !anyControl.test(text);
  for (const [name, index] of kept) {
    const field = fields[index] ?? '';
    const value = (clean ? field : field.replaceAll(controls, ' ')).trim();
    if (value.length > maxValueLength) return { line, reason: 'a value is too long' };
    values[name] = value;
  }
  return { line, values };
}

interface Held {
  readonly lines: readonly string[];
  /** Number of the first of them in the file. */
  readonly first: number;
  readonly header: Header;
  /** No more lines will come. */
  readonly ended: boolean;
}
interface Taken<T> {
  readonly row: T;
  /** Of so many lines. */
  readonly taken: number;
}

/**
 * Takes the record that begins at a line. A record goes on over lines while a quote is open; where that does not end in a row of the
 * right width within 20 lines, the quote was a stray one: its line alone is bad, and reading goes on behind it.
 * Undefined: more lines are needed.
 */
function takeRecord({ lines, first, header, ended }: Held, at: number, known?: readonly string[]): Taken<Row> | undefined {
  const line = first + at;
  let text = lines[at] ?? '';
  let quotes = known ? 0 : quotesIn(text);
  let taken = 1;
  for (; quotes % 2 === 1 && taken < maxRecordLines; taken++) {
    const next = lines[at + taken];
    if (next === undefined && !ended) return undefined;
    if (next === undefined) break;
    text += `\n${next}`;
    quotes += quotesIn(next);
  }
  const fields = known ?? (quotes % 2 === 0 ? fieldsOf(text) : undefined);
  if (fields && fits(fields, header)) return { row: rowOf(text, fields, line, header), taken };
  const stray = taken > 1 || quotes % 2 === 1;
  return { row: { line, reason: stray ? 'the row cannot be read' : 'wrong number of columns' }, taken: 1 };
}

type Taker<T> = (held: Held) => (at: number) => Taken<T> | undefined;

/** What a taker takes of the records behind the header, a block of them at a time. */
async function* takeAll<T>(stream: Readable, file: string, taker: Taker<T>): AsyncGenerator<T[]> {
  let header: Header | undefined;
  let held: string[] = [];
  let first = 1;
  const drain = (ended: boolean): T[] => {
    const rows: T[] = [];
    let at = 0;
    let take: ReturnType<typeof taker> | undefined;
    while (at < held.length) {
      const text = held[at] ?? '';
      if (isBlank(text)) at += 1;
      else if (!header) {
        header = headerOf(text);
        at += 1;
      } else {
        take ??= taker({ lines: held, first, header, ended });
        const record = take(at);
        if (!record) break;
        rows.push(record.row);
        at += record.taken;
      }
    }
    held = held.slice(at);
    first += at;
    return rows;
  };
  for await (const { lines } of lineBlocks(stream, file)) {
    held = held.length > 0 ? held.concat(lines) : [...lines];
    yield drain(false);
  }
  yield drain(true);
}

/** The rows of a CSV file behind its header, a block of them at a time. A row that cannot be read is told apart, never thrown. */
export const readRows = (stream: Readable, file: string): AsyncGenerator<Row[]> =>
  takeAll(stream, file, (held) => {
    const quoted = quotedFields(held.lines);
    return (at) => takeRecord(held, at, quoted.get(at));
  });

/** As readRows, but only how many rows there are: a line that does not leave a quote open is one, whatever stands in it. */
export async function* countRows(stream: Readable, file: string): AsyncGenerator<number> {
  const one = { row: undefined, taken: 1 };
  const blocks = takeAll<unknown>(stream, file, (held) => (at) => (quotesIn(held.lines[at] ?? '') % 2 === 0 ? one : takeRecord(held, at)));
  for await (const { length } of blocks) yield length;
}
