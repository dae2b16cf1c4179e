import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files below a folder in which any of these bytes stand. Files that go while they are searched are gone. */
export function filesHolding(folder: string, needles: readonly Buffer[]): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return files.filter((file) => {
    const bytes = readIfThere(file);
    return bytes !== undefined && needles.some((needle) => bytes.includes(needle));
  });
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
