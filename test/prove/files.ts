import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { gzipMagic, searchCompressed } from './carve.ts';
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
      const { compressed, ...read } = searchFile(path, file, marks, buffer);
      found.push(read);
      const whole = compressed ? unlessGone(() => readFileSync(path)) : undefined;
      if (whole) found.push(await searchCompressed(path, whole, marks));
    } finally {
      closeSync(file);
    }
    await breathe();
  }
  return sum(found);
}

/** `compressed`: something in it may be. */
function searchFile(path: string, file: number, marks: Marks, buffer: Buffer): Found & { readonly compressed: boolean } {
  const { overlap, look, hits } = beginScan(path, marks);
  const began = performance.now();
  let read = 0;
  let kept = 0;
  let compressed = false;
  for (;;) {
    const more = readSync(file, buffer, kept, buffer.length - kept, null);
    if (more === 0) return { bytes: read, ms: performance.now() - began, hits: hits(), compressed };
    const filled = kept + more;
    const window = buffer.subarray(0, filled);
    look(window, read - kept);
    compressed ||= window.includes(gzipMagic);
    read += more;
    kept = Math.min(overlap, filled);
    buffer.copyWithin(0, filled - kept, filled);
  }
}
