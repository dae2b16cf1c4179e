import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of the largest file below a folder that another program is writing to: whatever vanishes meanwhile counts as nothing. */
export function largestFile(folder: string): number {
  return Math.max(
    0,
    ...entriesOf(folder).map((entry) => (entry.isDirectory() ? largestFile(join(folder, entry.name)) : sizeOf(join(folder, entry.name)))),
  );
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
