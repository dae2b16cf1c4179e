import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessId {
  readonly pid: number;
  /** When it started, in the system's own words; only ever compared. */
  readonly started: string;
}

/** When a process started, or undefined when there is none (a dead one that nobody has waited for yet counts as none). */
export function startOf(pid: number): string | undefined {
  if (existsSync('/proc/self/stat')) return startInProc(pid);
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    // ps ends with 1 when there is no such process.
    return undefined;
  }
}

function startInProc(pid: number): string | undefined {
  try {
    // The second field is the command in parentheses and may hold anything: count from behind it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export const isAlive = ({ pid, started }: ProcessId): boolean => startOf(pid) === started;

export const identify = (pid: number): ProcessId => ({ pid, started: startOf(pid) ?? '' });
