import { once } from 'node:events';
import { Worker, type ActivityInterceptorsFactory, type WorkerOptions } from '@temporalio/worker';
import Pusher from 'pusher';
import { runMovedEvent } from '../../../platform/run-hints.ts';
import type { Doom, Order, Word } from './protocol.ts';
import { watchWrites } from './writes.ts';

/*
 * Prepares this process and then loads the product's own workers/main.ts, which is the worker under test, whole and unchanged. It waits
 * for its turn, tells the harness of every attempt and its writes, and kills itself at the moment it is told.
 */
let doom: Doom | undefined;
/** Runs of the matrix act one activity at a time, so what is written is the running one's. */
let running: { readonly activity: string; readonly writes: string[] } | undefined;

const tell = (word: Word): Promise<void> =>
  new Promise((resolve, reject) => {
    process.send?.(word, (error: Error | null) => (error ? reject(error) : resolve()));
  });
const dieAt = (activity: string, moment: Doom['moment']): void => {
  if (doom?.activity === activity && doom.moment === moment) process.kill(process.pid, 'SIGKILL');
};

const gone = once(process, 'disconnect').then(() => process.exit(1));
const go = new Promise<void>((resolve) => {
  process.on('message', (order: Order) => {
    if (order.kind === 'go') return resolve();
    doom = order.doom;
    void tell({ kind: 'doomed' });
  });
});
void gone;

watchWrites((write) => {
  if (!running) return;
  running.writes.push(write);
  dieAt(running.activity, running.writes.length);
});

const watched: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    async execute(input, next) {
      const { activityType: activity, base64TaskToken: token } = info;
      await tell({ kind: 'began', activity, token });
      dieAt(activity, 'before');
      const writes: string[] = [];
      running = { activity, writes };
      try {
        const result = await next(input);
        dieAt(activity, 'after');
        return result;
      } finally {
        running = undefined;
        await tell({ kind: 'ended', activity, token, writes });
      }
    },
  },
});

const create = Worker.create.bind(Worker);
Worker.create = async (options: WorkerOptions): Promise<Worker> => {
  await tell({ kind: 'loaded' });
  await go;
  const { activity = [], ...others } = options.interceptors ?? {};
  return create({
    ...options,
    interceptors: { ...others, activity: [watched, ...activity] },
    // What was kept for a worker that is dead goes to another one soon.
    stickyQueueScheduleToStartTimeout: '100 milliseconds',
    // One run at a time: more threads would only take longer to start.
    workflowThreadPoolSize: 1,
  });
};

// Hints may be lost and come twice: they are no effects, and would make one run's moments differ from the next one's.
const prototype = Pusher.prototype as unknown as { trigger: (this: Pusher, channel: string, event: string, ...rest: unknown[]) => unknown };
const trigger = prototype.trigger;
prototype.trigger = function (channel, event, ...rest) {
  return event === runMovedEvent ? Promise.resolve() : trigger.call(this, channel, event, ...rest);
};

await import('../../../workers/main.ts');
