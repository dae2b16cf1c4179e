import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';

/** The activities that run in this process, by task token; who began later has a higher number. */
const running = new Map<string, number>();
let begun = 0;

/** Notes an activity as running in this process for as long as it does. */
export async function noteRunning<T>(taskToken: string, act: () => Promise<T>): Promise<T> {
  begun += 1;
  running.set(taskToken, begun);
  try {
    return await act();
  } finally {
    running.delete(taskToken);
  }
}

/** Less than the time within which a heartbeat is due. */
const longestMs = 3_000;

/**
 * For an activity that keeps this process and the databases busy for long. Call what it returns between two pieces of work: it rests as
 * long as the last piece took, when an activity has begun in this process meanwhile, or one runs that began later than this. So whoever
 * comes after it finds half of everything free, and a large import that is alone loses nothing. Throws when the run is cancelled.
 */
export function givingWay(rest: (ms: number) => Promise<unknown> = restOf(Context.current())): () => Promise<void> {
  const own = running.get(Context.current().info.base64TaskToken) ?? Number.POSITIVE_INFINITY;
  let [known, since] = [begun, performance.now()];
  return async () => {
    const others = begun > known || [...running.values()].some((number) => number > own);
    if (others) await rest(Math.min(performance.now() - since, longestMs));
    [known, since] = [begun, performance.now()];
  };
}

const restOf =
  ({ cancellationSignal: signal }: Context) =>
  (ms: number): Promise<unknown> =>
    sleep(ms, undefined, { signal });
