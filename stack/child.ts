import { spawn } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync } from 'node:fs';
import { isAlive, identify, type ProcessId } from './process-id.ts';
import { StackError } from './stack-error.ts';
import { becomesTrue } from './wait.ts';

export interface StackProcess {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly stopSignal: NodeJS.Signals;
  /** How long it may take to stop before it is killed. */
  readonly stopWithinMs: number;
  /** Rejects until the process serves; `log` is what it has printed since it was started. */
  healthy(log: () => string): Promise<void>;
}

export interface Spawned {
  readonly id: ProcessId;
  /** Resolves, never rejects, with how it ended in words. */
  readonly exited: Promise<string>;
  /** What it has printed so far. */
  log(): string;
  /** The line that most likely says why it ended. */
  lastWords(): string;
  stop(now?: boolean): Promise<void>;
}

/** Runs a program in a process group of its own, so that Ctrl-C in the terminal reaches us alone and we stop all in good order. */
export function spawnLogged(process: StackProcess, logFile: string): Spawned {
  if (existsSync(logFile)) renameSync(logFile, `${logFile}.1`);
  const fd = openSync(logFile, 'a+', 0o600);
  const child = spawn(process.program, process.args, { detached: true, stdio: ['ignore', fd, fd], env: process.env, ...process.user });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  void exited.then(() => closeSync(fd));
  if (child.pid === undefined) throw new StackError(`${process.program} cannot be run.`);
  const id = identify(child.pid);
  const log = (): string => readAll(logFile);
  return {
    id,
    exited,
    log,
    lastWords: () => lastWords(log()),
    stop: (now = false) => stopProcess(id, now ? 'SIGKILL' : process.stopSignal, process.stopWithinMs),
  };
}

/** Asks a process to stop, kills its group when it does not in time. Does nothing to a process that is gone. */
export async function stopProcess(id: ProcessId, signal: NodeJS.Signals, withinMs: number): Promise<void> {
  if (!isAlive(id)) return;
  kill(id.pid, signal);
  if (await becomesTrue(() => !isAlive(id), withinMs)) return;
  kill(-id.pid, 'SIGKILL');
  await becomesTrue(() => !isAlive(id), 5_000);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It went by itself in the meantime.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function lastWords(log: string): string {
  const lines = log.trimEnd().split('\n').reverse();
  const line = lines.find((text) => /error|fatal|panic/i.test(text)) ?? lines[0];
  return line?.trim().slice(0, 300) ?? '';
}

function readAll(file: string): string {
  const fd = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(fstatSync(fd).size);
    return buffer.toString('utf8', 0, readSync(fd, buffer));
  } finally {
    closeSync(fd);
  }
}
