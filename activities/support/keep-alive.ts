import { Context } from '@temporalio/activity';
import type { Beat } from './heartbeat.ts';

const everyMs = 5_000;

/** Repeats a heartbeat while a piece of work goes on that may outlast the time limit of one, as a slow vendor's answer does. */
export async function keepAlive<Position, T>(progress: Beat<Position>, work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  context.heartbeat(progress);
  const timer = setInterval(() => context.heartbeat(progress), everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
