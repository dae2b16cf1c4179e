import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { ArchiveTooLargeError, WrongEncodingError } from '../../domain/errors.ts';

export interface LineBlock {
  /** Number of the first line in it; 1 is the first line of the file. */
  readonly first: number;
  /** Without their line ends. */
  readonly lines: readonly string[];
}

const maxLineBytes = 1024 * 1024;
const newline = 0x0a;
const byteOrderMark = '\uFEFF';

/** Numbers of the lines, from `first`, that are not UTF-8 text. UTF-16 without a mark is valid UTF-8 full of NULs. */
function firstBadLine(bytes: Buffer, first: number): number {
  let line = first;
  for (let at = 0; at < bytes.length; line++) {
    const end = bytes.indexOf(newline, at) + 1 || bytes.length;
    const text = bytes.subarray(at, end);
    if (!isUtf8(text) || text.includes(0)) return line;
    at = end;
  }
  return line;
}

function blockOf(bytes: Buffer, first: number, file: string): LineBlock {
  if (!isUtf8(bytes) || bytes.includes(0)) throw new WrongEncodingError(file, firstBadLine(bytes, first));
  const text = bytes.toString();
  const lines = (first === 1 && text.startsWith(byteOrderMark) ? text.slice(1) : text).split('\n');
  if (lines.at(-1) === '') lines.pop();
  return { first, lines: lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)) };
}

/** The lines of a file, some 64 KiB of it in memory at a time. Throws WrongEncodingError naming the line, ArchiveTooLargeError for a line past 1 MiB. */
export async function* lineBlocks(stream: Readable, file: string): AsyncGenerator<LineBlock> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  let first = 1;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    const cut = piece.lastIndexOf(newline) + 1;
    if (cut === 0) {
      rest.push(piece);
      restBytes += piece.length;
      if (restBytes > maxLineBytes) throw new ArchiveTooLargeError(`a line of ${file}, in bytes`, maxLineBytes);
      continue;
    }
    const block = blockOf(Buffer.concat([...rest, piece.subarray(0, cut)]), first, file);
    rest = [piece.subarray(cut)];
    restBytes = piece.length - cut;
    first += block.lines.length;
    yield block;
  }
  const last = Buffer.concat(rest);
  if (last.length > 0) yield blockOf(last, first, file);
}
