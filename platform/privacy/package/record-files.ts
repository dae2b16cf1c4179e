import { stringify } from 'csv-stringify/sync';
import type { ExportFormat } from '../../../domain/privacy/export.ts';
import type { Asked, RecordKind } from '../collector.ts';

/** What is told of each record as it is read. */
export type Seen = (record: object) => void;

/** So many characters go on at once. */
const pieceLength = 64 * 1024;

/** Joins short texts to pieces worth handing on. */
async function* inPieces(texts: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let held = '';
  for await (const text of texts) {
    held += text;
    if (held.length < pieceLength) continue;
    yield Buffer.from(held);
    held = '';
  }
  if (held !== '') yield Buffer.from(held);
}

/** A JSON array, one record a line. */
async function* asJson(records: AsyncIterable<object>): AsyncGenerator<string> {
  let before = '[\n';
  for await (const record of records) {
    yield before + JSON.stringify(record);
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

const cell = (value: unknown): unknown => (Array.isArray(value) ? value.join('; ') : value);
/** A cell that begins like a formula gets an apostrophe before it: a spreadsheet must run nothing that somebody entered. */
const lines = (rows: readonly (readonly unknown[])[]): string =>
  stringify(
    rows.map((row) => row.map(cell)),
    { escape_formulas: true, cast: { boolean: String } },
  );
/** The writer is set up anew for each text: so many rows share one. */
const rowsAtOnce = 200;

/** Comma-separated values in UTF-8 with a byte order mark, without which spreadsheets take it for something else. */
async function* asCsv(records: AsyncIterable<object>, columns: readonly string[]): AsyncGenerator<string> {
  yield `\uFEFF${lines([columns])}`;
  let rows: unknown[][] = [];
  for await (const record of records) {
    rows.push(columns.map((column) => (record as Readonly<Record<string, unknown>>)[column]));
    if (rows.length < rowsAtOnce) continue;
    yield lines(rows);
    rows = [];
  }
  if (rows.length > 0) yield lines(rows);
}

/** The records of a kind as a file. They are read while the file is: a page of them is in memory, and a piece of the file. */
export function recordFile(kind: RecordKind, format: ExportFormat, asked: Asked, seen: Seen): AsyncIterable<Buffer> {
  const records = async function* (): AsyncGenerator<object> {
    for await (const record of kind.read(asked)) {
      seen(record);
      yield record;
    }
  };
  return inPieces(format === 'json' ? asJson(records()) : asCsv(records(), Object.keys(kind.schema.shape)));
}
