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
/** The calls of each activity since the doom was told, in their order: attempts of one call share its name. */
let calls = new Map<string, string[]>();
/** Runs of the matrix act one activity at a time, so what is written is the running one's. */
let running: { readonly activity: string; readonly call: string; readonly writes: string[] } | undefined;

const tell = (word: Word): Promise<void> =>
  new Promise((resolve, reject) => {
    process.send?.(word, (error: Error | null) => (error ? reject(error) : resolve()));
  });
const dieIf = (activity: string, call: string, isTime: (moment: Doom['moment']) => boolean): void => {
  if (doom?.activity !== activity || !isTime(doom.moment)) return;
  if (calls.get(activity)?.[doom.call - 1] === call) process.kill(process.pid, 'SIGKILL');
};
const note = (activity: string, call: string): void => {
  const known = calls.get(activity) ?? [];
  if (!known.includes(call)) calls.set(activity, [...known, call]);
};

void once(process, 'disconnect').then(() => process.exit(1));
const go = new Promise<void>((resolve) => {
  process.on('message', (order: Order) => {
    if (order.kind === 'go') return resolve();
    doom = order.doom;
    calls = new Map();
    void tell({ kind: 'doomed' });
  });
});

watchWrites((write) => {
  if (!running) return;
  const { activity, call, writes } = running;
  writes.push(write);
  dieIf(activity, call, (moment) => moment === writes.length);
});

const watched: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    async execute(input, next) {
      const { activityType: activity, activityId, workflowExecution, base64TaskToken: token } = info;
      const call = `${workflowExecution?.runId} ${activityId}`;
      note(activity, call);
      await tell({ kind: 'began', activity, call, token });
      dieIf(activity, call, (moment) => moment === 'before');
      const writes: string[] = [];
      running = { activity, call, writes };
      try {
        const result = await next(input);
        // One that writes several things at a time may write less often than it did undisturbed.
        dieIf(activity, call, (moment) => moment === 'after' || (moment !== 'before' && moment > writes.length));
        return result;
      } finally {
        running = undefined;
        await tell({ kind: 'ended', activity, call, token, writes });
      }
    },
  },
});

const create = Worker.create.bind(Worker);
Worker.create = (options: WorkerOptions): Promise<Worker> => {
  const { activity = [], ...others } = options.interceptors ?? {};
  return create({
    ...options,
    interceptors: { ...others, activity: [watched, ...activity] },
    // What was kept for a worker that is dead goes to another one soon.
    stickyQueueScheduleToStartTimeout: '100 milliseconds',
    // Workflows on this thread: another one takes as long to load as all activities, and there is one run at a time.
    debugMode: true,
  });
};
// However many workers main.ts makes, none asks for work before it is this process's turn.
const run = Worker.prototype.run;
Worker.prototype.run = async function (this: Worker) {
  await go;
  return run.call(this);
};

// Hints may be lost and come twice: they are no effects, and would make one run's moments differ from the next one's.
const prototype = Pusher.prototype as unknown as { trigger: (this: Pusher, channel: string, event: string, ...rest: unknown[]) => unknown };
const trigger = prototype.trigger;
prototype.trigger = function (channel, event, ...rest) {
  return event === runMovedEvent ? Promise.resolve() : trigger.call(this, channel, event, ...rest);
};

await import('../../../workers/main.ts');
