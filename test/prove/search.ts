import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { formsOf, type Form } from './encodings.ts';

/** What is looked for: the texts by which a person would be known, by what each is. */
export type Marks = Readonly<Record<string, string>>;
export interface Hit {
  readonly where: string;
  readonly mark: string;
  readonly encoding: string;
  /** Of its first byte in what was read. */
  readonly at: number;
}
export interface Found {
  readonly bytes: number;
  readonly hits: readonly Hit[];
}

interface Needle extends Form {
  readonly mark: string;
}
const needlesOf = (marks: Marks): Needle[] =>
  Object.entries(marks).flatMap(([mark, text]) => formsOf(text).map((form) => ({ ...form, mark })));

/** Looks for the marks in bytes as they come; one that lies across two pieces is found, too. Each form of a mark is told once. */
export async function searchStream(where: string, bytes: AsyncIterable<Buffer>, marks: Marks): Promise<Found> {
  const needles = needlesOf(marks);
  const longest = Math.max(0, ...needles.map((needle) => needle.bytes.length));
  const hits = new Map<Needle, Hit>();
  let kept: Buffer = Buffer.alloc(0);
  let read = 0;
  for await (const piece of bytes) {
    const window = Buffer.concat([kept, piece]);
    for (const needle of needles) {
      if (hits.has(needle)) continue;
      const index = window.indexOf(needle.bytes);
      if (index >= 0) hits.set(needle, { where, mark: needle.mark, encoding: needle.encoding, at: read - kept.length + index });
    }
    read += piece.length;
    kept = window.subarray(Math.max(0, window.length - longest + 1));
  }
  return { bytes: read, hits: [...hits.values()] };
}

/** Every file below a folder, whatever it is. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}

const pieceBytes = 4 * 1024 * 1024;
const piecesOf = (path: string): Readable => createReadStream(path, { highWaterMark: pieceBytes });

/** Searches raw files. One that goes away while it is read (a server removes its own) is read as far as it was there. */
export async function searchFiles(paths: readonly string[], marks: Marks): Promise<Found> {
  const found: Found[] = [];
  for (const path of paths) {
    if (!isThere(path)) continue;
    found.push(await searchStream(path, piecesOf(path), marks));
  }
  return sum(found);
}
const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

export const sum = (found: readonly Found[]): Found => ({
  bytes: found.reduce((total, { bytes }) => total + bytes, 0),
  hits: found.flatMap(({ hits }) => hits),
});
