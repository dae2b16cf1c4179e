import { linkSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonFile, writePrivateFile, type Home } from './home.ts';
import { identify, isAlive, type ProcessId } from './process-id.ts';
import { StackError } from './stack-error.ts';

/** Takes a home for this process alone. Resolves with its release. Throws StackError naming the stack that has it. */
export function takeLock(home: Home): () => void {
  const file = join(home.dir, 'stack.lock');
  const mine = `${file}.${process.pid}`;
  const text = JSON.stringify(identify(process.pid));
  writePrivateFile(mine, text);
  try {
    for (;;) {
      // A link appears with its content or not at all, and only one can be first.
      if (tryLink(mine, file)) break;
      const holder = readJsonFile(file) as ProcessId | undefined;
      if (holder && isAlive(holder)) throw new StackError(alreadyRunning(home, holder.pid));
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => {
    if (readFileSync(file, 'utf8') === text) rmSync(file);
  };
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function alreadyRunning(home: Home, pid: number): string {
  const api = (readJsonFile(join(home.dir, 'stack.json')) as { api?: { url: string } } | undefined)?.api?.url;
  return `A stack is already running here (process ${pid}${api ? `, ${api}` : ''}): stop it first, or set TOOLBOX_HOME to run another.`;
}
