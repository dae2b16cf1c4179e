import { formsOf, type Form } from './encodings.ts';
import { createMatcher, type Matcher } from './matcher.ts';

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
  /** How long it took to read and to search them. */
  readonly ms: number;
  readonly hits: readonly Hit[];
}

interface Needle extends Form {
  readonly mark: string;
}
const needlesOf = (marks: Marks): Needle[] =>
  Object.entries(marks).flatMap(([mark, text]) => formsOf(text).map((form) => ({ ...form, mark })));

interface Prepared {
  readonly needles: readonly Needle[];
  readonly match: Matcher;
  readonly longest: number;
}
const known = new WeakMap<Marks, Prepared>();
/** What is looked for, ready to be: the same marks are looked for in thousands of files. */
function prepared(marks: Marks): Prepared {
  const before = known.get(marks);
  if (before) return before;
  const needles = needlesOf(marks);
  const patterns = needles.map(({ bytes }) => bytes);
  const made = { needles, match: createMatcher(patterns), longest: Math.max(...patterns.map(({ length }) => length)) };
  known.set(marks, made);
  return made;
}

export interface Scan {
  /** By how many bytes windows must overlap, so that a mark across two of them is found. */
  readonly overlap: number;
  /** @param at of the window's first byte in what is read */
  look(window: Buffer, at: number): void;
  hits(): Hit[];
}
/** Looks for the marks in windows of what is read. Each form of a mark is told once. */
export function beginScan(where: string, marks: Marks): Scan {
  const { needles, match, longest } = prepared(marks);
  const hits = new Map<Needle, Hit>();
  return {
    overlap: longest - 1,
    look(window, from) {
      match(window, (number, at) => {
        const needle = needles[number];
        if (needle && !hits.has(needle)) hits.set(needle, { where, mark: needle.mark, encoding: needle.encoding, at: from + at });
      });
    },
    hits: () => [...hits.values()],
  };
}

/** Looks for the marks in bytes as they come. */
export async function searchStream(where: string, bytes: AsyncIterable<Buffer>, marks: Marks): Promise<Found> {
  const { overlap, look, hits } = beginScan(where, marks);
  const began = performance.now();
  let kept: Buffer = Buffer.alloc(0);
  let read = 0;
  for await (const piece of bytes) {
    const window = Buffer.concat([kept, piece]);
    look(window, read - kept.length);
    read += piece.length;
    kept = window.subarray(Math.max(0, window.length - overlap));
  }
  return { bytes: read, ms: performance.now() - began, hits: hits() };
}

export const sum = (found: readonly Found[]): Found => ({
  bytes: found.reduce((total, { bytes }) => total + bytes, 0),
  ms: found.reduce((total, { ms }) => total + ms, 0),
  hits: found.flatMap(({ hits }) => hits),
});
