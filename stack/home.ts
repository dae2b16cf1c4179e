import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the stack keeps what it owns. */
export interface Home {
  readonly dir: string;
  /** Fetched programs: shared by every home of a checkout, since they are only read. */
  readonly bin: string;
  /** Half of what is being fetched. */
  readonly fetching: string;
  /** Data directory of a part; the part makes it. */
  data(part: string): string;
  log(part: string): string;
}

const here = dirname(fileURLToPath(import.meta.url));
/** The folder of package.json, seen from stack/ and from dist/stack/. */
export const projectRoot = existsSync(join(here, '../package.json')) ? resolve(here, '..') : resolve(here, '../..');

/** @param dir default: TOOLBOX_HOME, else .toolbox of the project. Fetched programs go to TOOLBOX_BIN, else its bin/. */
export function openHome(dir?: string): Home {
  const own = resolve(process.env['TOOLBOX_HOME'] || join(projectRoot, '.toolbox'));
  const home = resolve(dir ?? own);
  // Passable but not listable: PostgreSQL runs under another user when we are root and must reach its data below.
  mkdirSync(home, { recursive: true, mode: 0o711 });
  mkdirSync(join(home, 'data'), { recursive: true, mode: 0o711 });
  mkdirSync(join(home, 'logs'), { recursive: true, mode: 0o700 });
  return {
    dir: home,
    bin: resolve(process.env['TOOLBOX_BIN'] || join(own, 'bin')),
    fetching: join(home, 'fetching'),
    data: (part) => join(home, 'data', part),
    log: (part) => join(home, 'logs', `${part}.log`),
  };
}

/** Whole or not at all, also when the machine dies; readable by the owner only. */
export function writePrivateFile(file: string, text: string): void {
  const draft = `${file}.${process.pid}.tmp`;
  const fd = openSync(draft, 'w', 0o600);
  writeSync(fd, text);
  fsyncSync(fd);
  closeSync(fd);
  renameSync(draft, file);
}

/** The parsed file, or undefined when there is none. */
export function readJsonFile(file: string): unknown {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
