import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Doom, Order, Word } from './protocol.ts';

/** One worker process: workers/main.ts behind the harness's preload (doomed.ts). */
export interface WorkerChild {
  /** Attempts it has begun and not ended: token -> activity. */
  readonly attempts: ReadonlyMap<string, string>;
  /** Begins to work; it is loaded long before as a rule. */
  go(): void;
  /** Resolves when it knows where to die; to false when it has died before. */
  doom(doom: Doom | undefined): Promise<boolean>;
  readonly exited: Promise<void>;
  /** Whether it ended by the signal it sends itself. */
  wasKilled(): boolean;
  stop(): Promise<void>;
  /** The end of what it printed. */
  lastWords(): string;
}

export type Ended = (attempt: Pick<Extract<Word, { kind: 'ended' }>, 'activity' | 'call' | 'writes'>) => void;
export interface Recruit {
  /** Path of the compiled doomed.ts. */
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
}

/** @param ended called with the writes of each attempt that ended */
export function startWorkerChild({ program, env }: Recruit, ended: Ended): WorkerChild {
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const attempts = new Map<string, string>();
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4_000)));
  // Its last words may arrive after its end.
  const exited = Promise.all([once(child, 'exit'), once(child, 'disconnect')]).then(() => undefined);
  let doomed = (): void => undefined;
  child.on('message', (word: Word) => {
    if (word.kind === 'doomed') doomed();
    if (word.kind === 'began') attempts.set(word.token, word.activity);
    if (word.kind !== 'ended') return;
    attempts.delete(word.token);
    ended(word);
  });
  // One that has died in the meantime hears nothing, and nobody waits for it.
  const order = (order: Order): void => void child.send(order, () => undefined);
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    attempts,
    exited,
    wasKilled: () => child.signalCode === 'SIGKILL',
    go: () => order({ kind: 'go' }),
    async doom(doom) {
      const heard = new Promise<boolean>((resolve) => (doomed = () => resolve(true)));
      order({ kind: 'doom', doom });
      return Promise.race([heard, exited.then(() => false)]);
    },
    stop: () => stop(child, isAlive),
    lastWords: () => output.trimEnd().split('\n').slice(-8).join('\n'),
  };
}

async function stop(child: ChildProcess, isAlive: () => boolean): Promise<void> {
  if (!isAlive()) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
