import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Home } from '../../../stack/home.ts';
import { StackError } from '../../../stack/stack-error.ts';

const run = promisify(execFile);
const file = 'libfaketimeMT.so.1';

/** The library of Debian's package `libfaketime`: installed, unpacked earlier, or fetched and unpacked now. Throws StackError. */
export async function findLibfaketime({ bin, fetching }: Home): Promise<string> {
  const unpacked = join(bin, 'libfaketime');
  const found = libraryBelow('/usr/lib') ?? libraryBelow(join(unpacked, 'usr/lib'));
  if (found !== undefined) return found;
  const folder = join(fetching, 'libfaketime');
  for (const each of [folder, bin]) mkdirSync(each, { recursive: true });
  try {
    await run('apt-get', ['download', 'libfaketime'], { cwd: folder });
    const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.deb'));
    await run('dpkg-deb', ['--extract', join(folder, archive), join(folder, 'all')]);
    renameSync(join(folder, 'all'), unpacked);
  } catch (error) {
    throw new StackError('libfaketime is missing: run `apt install libfaketime`, or choose others with --only.', error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return libraryBelow(join(unpacked, 'usr/lib')) ?? raise();
}

const raise = (): never => {
  throw new StackError(`The package libfaketime holds no ${file}.`);
};

/** Below the folder of the machine's architecture. */
function libraryBelow(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const all = readdirSync(folder).map((name) => join(folder, name, 'faketime', file));
  return all.find((path) => existsSync(path));
}
