import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { spawnLogged, stopProcess, type Spawned, type StackProcess } from './child.ts';
import { readJsonFile, writePrivateFile, type Home } from './home.ts';
import { isAlive, type ProcessId } from './process-id.ts';
import { StackError } from './stack-error.ts';
import { untilHealthy } from './wait.ts';

interface Watched {
  readonly name: string;
  readonly title: string;
  /** Stopped from the highest to the lowest. */
  readonly order: number;
  readonly process: StackProcess;
  child?: Spawned;
  startedAt: number[];
}
interface Recorded extends ProcessId {
  readonly title: string;
  readonly order: number;
  readonly stopSignal: NodeJS.Signals;
  readonly stopWithinMs: number;
}

export interface Supervisor {
  /** Starts it and waits until it is healthy. From then on it is watched: when it dies it is started again, within bounds. */
  start(
    part: { readonly name: string; readonly title: string; readonly order: number },
    process: StackProcess,
  ): Promise<() => number | undefined>;
  /** Stops everything it started, last first. `now` kills instead of asking. */
  stop(now?: boolean): Promise<void>;
}

const healthyWithinMs = 60_000;
const restarts = { most: 5, withinMs: 60_000 };

/**
 * @param tell one line for the person at the terminal
 * @param changed called when a process was replaced by another
 */
export function createSupervisor(home: Home, tell: (line: string) => void, changed: () => void): Supervisor {
  const all: Watched[] = [];
  const stopping = new AbortController();
  const record = (): void => recordProcesses(home, all);

  async function bringUp(one: Watched): Promise<void> {
    if (stopping.signal.aborted) throw new StackError('Stopped while starting.');
    const child = spawnLogged(one.process, home.log(one.name));
    one.child = child;
    one.startedAt.push(Date.now());
    record();
    const given = new AbortController();
    const died = child.exited.then((how): never => {
      throw new StackError(`${one.title} stopped while starting (${how}): ${child.lastWords()} [${home.log(one.name)}]`);
    });
    try {
      const signal = AbortSignal.any([given.signal, stopping.signal]);
      await Promise.race([died, untilHealthy(() => one.process.healthy(child.log), healthyWithinMs, signal)]);
    } catch (error) {
      if (stopping.signal.aborted) throw new StackError('Stopped while starting.', error);
      if (error instanceof StackError) throw error;
      throw new StackError(
        `${one.title} does not answer after ${healthyWithinMs / 1000} s (${wordsOf(error)}): see ${home.log(one.name)}.`,
        error,
      );
    } finally {
      given.abort();
    }
    void child.exited.then((how) => revive(one, how));
  }

  async function revive(one: Watched, how: string): Promise<void> {
    if (stopping.signal.aborted) return;
    const recent = one.startedAt.filter((at) => Date.now() - at < restarts.withinMs).length;
    if (recent > restarts.most) return tell(`${one.title} keeps stopping (${how}) and is left stopped: see ${home.log(one.name)}.`);
    tell(`${one.title} stopped unexpectedly (${how}): starting it again.`);
    await pause(recent * 200);
    try {
      await bringUp(one);
      changed();
      tell(`${one.title} is back.`);
    } catch (error) {
      if (stopping.signal.aborted) return;
      if (!(error instanceof StackError)) throw error;
      await one.child?.stop(true);
      await revive(one, error.message);
    }
  }

  return {
    async start(part, process) {
      const one: Watched = { ...part, process, startedAt: [] };
      all.push(one);
      await bringUp(one);
      return () => one.child?.id.pid;
    },
    async stop(now = false) {
      stopping.abort();
      await lastFirst(all, async (one) => one.child?.stop(now));
      recordProcesses(home, []);
    },
  };
}

const recordOf = (home: Home): string => join(home.dir, 'processes.json');

function recordProcesses(home: Home, all: readonly Watched[]): void {
  const recorded = all.flatMap(({ title, order, process: { stopSignal, stopWithinMs }, child }): Recorded[] =>
    child ? [{ ...child.id, title, order, stopSignal, stopWithinMs }] : [],
  );
  writePrivateFile(recordOf(home), JSON.stringify(recorded, null, 2));
}

/** Stops what an earlier stack left running when it was killed. Resolves with the titles of what was stopped. */
export async function stopLeftovers(home: Home): Promise<string[]> {
  const left = ((readJsonFile(recordOf(home)) as Recorded[] | undefined) ?? []).filter(isAlive);
  await lastFirst(left, (one) => stopProcess(one, one.stopSignal, one.stopWithinMs));
  return left.map(({ title }) => title);
}

/** From the highest order to the lowest, those of one order at the same time. */
async function lastFirst<T extends { readonly order: number }>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const orders = [...new Set(all.map(({ order }) => order))].sort((a, b) => b - a);
  for (const order of orders) await Promise.all(all.filter((one) => one.order === order).map(act));
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, 200) ?? '';
