import { createInflateRaw } from 'node:zlib';
import { beginScan, type Found, type Marks } from './search.ts';

/** How a file begins that was compressed by deflate (RFC 1952). */
export const gzipMagic = Buffer.from([0x1f, 0x8b, 0x08]);
const flag = { headerChecksum: 2, extra: 4, name: 8, comment: 16 };

/** Where the compressed bytes begin behind the head. */
function bodyAt(bytes: Buffer): number {
  const flags = bytes[3] ?? 0;
  let at = 10;
  if (flags & flag.extra && at + 2 <= bytes.length) at += 2 + bytes.readUInt16LE(at);
  for (const word of [flag.name, flag.comment]) if (flags & word) at = bytes.indexOf(0, at) + 1;
  return flags & flag.headerChecksum ? at + 2 : at;
}

/** What lies compressed at the beginning of these bytes, up to its end, or to where it makes no sense any more; empty when it only looked so. */
export const inflatedFrom = (bytes: Buffer): Promise<Buffer> =>
  new Promise((resolve) => {
    const pieces: Buffer[] = [];
    const inflate = createInflateRaw({ chunkSize: 1_024 });
    const done = (): void => resolve(Buffer.concat(pieces));
    // What came before an error is good: the rest was written over.
    inflate
      .on('data', (piece: Buffer) => pieces.push(piece))
      .on('error', done)
      .on('end', done);
    inflate.end(bytes.subarray(bodyAt(bytes)));
  });

/** Searches what lies in a file as gzip, wherever it begins: also what a store has deleted and not yet written over. */
export async function searchCompressed(where: string, file: Buffer, marks: Marks): Promise<Found> {
  const began = performance.now();
  const hits: Found['hits'][number][] = [];
  let bytes = 0;
  for (let at = file.indexOf(gzipMagic); at >= 0; at = file.indexOf(gzipMagic, at + 1)) {
    const plain = await inflatedFrom(file.subarray(at));
    const scan = beginScan(`${where}, inflated from byte ${at}`, marks);
    scan.look(plain, 0);
    bytes += plain.length;
    hits.push(...scan.hits());
  }
  return { bytes, ms: performance.now() - began, hits };
}
