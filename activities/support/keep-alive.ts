import { Context } from '@temporalio/activity';
import type { Beat } from './heartbeat.ts';

const everyMs = 5_000;

/**
 * Repeats a heartbeat while a piece of work goes on that may outlast the time limit of one, as a slow vendor's answer does. Where there is
 * no progress to tell, none is told before the work has gone on for a while: each costs Temporal a write.
 */
export async function keepAlive<Position, T>(progress: Beat<Position> | undefined, work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  if (progress) context.heartbeat(progress);
  const timer = setInterval(() => context.heartbeat(progress), everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
