import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { beginScan, type Found, type Marks, sum } from './search.ts';

/** What a server has removed since it was listed is not there: undefined. */
function unlessGone<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

/** Every file below a folder, whatever it is; none when there is no such folder. */
export function filesBelow(folder: string): string[] {
  const entries = unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : entry.isFile() ? [path] : [];
  });
}

const windowBytes = 4 * 1024 * 1024;

/** Searches the raw bytes of files. One that has gone since it was listed (a server removes its own) is passed over. */
export async function searchFiles(paths: readonly string[], marks: Marks): Promise<Found> {
  const buffer = Buffer.allocUnsafe(windowBytes);
  const found: Found[] = [];
  for (const path of paths) {
    // At once, without streams: most files are small, and there are thousands of them.
    const file = unlessGone(() => openSync(path, 'r'));
    if (file === undefined) continue;
    try {
      found.push(searchFile(path, file, marks, buffer));
    } finally {
      closeSync(file);
    }
    await breathe();
  }
  return sum(found);
}

function searchFile(path: string, file: number, marks: Marks, buffer: Buffer): Found {
  const { overlap, look, hits } = beginScan(path, marks);
  const began = performance.now();
  let read = 0;
  let kept = 0;
  for (;;) {
    const more = readSync(file, buffer, kept, buffer.length - kept, null);
    if (more === 0) return { bytes: read, ms: performance.now() - began, hits: hits() };
    const filled = kept + more;
    look(buffer.subarray(0, filled), read - kept);
    read += more;
    kept = Math.min(overlap, filled);
    buffer.copyWithin(0, filled - kept, filled);
  }
}
