import { createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** Zips the files of a folder (not of folders in it, no dotfiles) into the file `out`, streaming. */
export async function zipFolder(dir: string, out: string): Promise<void> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name);
  const zip = new ZipFile();
  for (const name of names.sort()) zip.addFile(join(dir, name), name);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(out));
}
