import { existsSync, readdirSync, readFileSync } from 'node:fs';

const ticksASecond = 100;
interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly ticks: number;
}

function processes(): Process[] {
  if (!existsSync('/proc/self/stat')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const stat = existsSync(`/proc/${pid}/stat`) ? readStat(pid) : '';
      const [, name = '', rest] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
      const fields = rest?.split(' ') ?? [];
      // Of itself and of children that have ended: proc(5), fields 14 to 17.
      const ticks = fields.slice(11, 15).reduce((sum, value) => sum + Number(value), 0);
      return rest === undefined ? [] : [{ pid: Number(pid), parent: Number(fields[1]), name, ticks }];
    });
}

/** A process may end between being listed and being read. */
function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '';
  }
}

/** Processor time so far, in seconds, of this process and of all that it started, by their names. Empty where there is no /proc. */
export function processorTimes(): Map<string, number> {
  const all = processes();
  const ours = new Set([process.pid]);
  for (const size = { before: 0 }; size.before < ours.size;) {
    size.before = ours.size;
    for (const { pid, parent } of all) if (ours.has(parent)) ours.add(pid);
  }
  const times = new Map<string, number>();
  for (const { pid, name, ticks } of all) {
    const as = pid === process.pid ? 'worker and sandboxes' : name.replace(/[-\d.]+$/, '');
    if (ours.has(pid)) times.set(as, (times.get(as) ?? 0) + ticks / ticksASecond);
  }
  return times;
}

/** What was used since then. */
export const usedSince = (before: ReadonlyMap<string, number>): Map<string, number> =>
  new Map([...processorTimes()].map(([name, seconds]) => [name, seconds - (before.get(name) ?? 0)]));
