import { ScheduleOverlapPolicy } from '@temporalio/client';
import type { Logger } from '../../platform/logger.ts';
import type { Temporal } from '../../platform/temporal.ts';

export interface NudgeDeps {
  readonly temporal: Pick<Temporal, 'client' | 'within'>;
  readonly log: Logger;
  /** At most one in so long. */
  readonly everyMs?: number;
}

/**
 * Has a scheduled process run now, besides its schedule: by the schedule itself, so that there is never more than one run at a time, and
 * one more after it when something came meanwhile. Calls that come close together are one. Nobody waits, and a failure is only logged:
 * the schedule's next turn makes up for it.
 */
export function createNudge({ temporal, log, everyMs = 1_000 }: NudgeDeps, process: string): () => void {
  let resting = false;
  let asked = false;

  const trigger = (): void => {
    asked = false;
    resting = true;
    setTimeout(() => {
      resting = false;
      if (asked) trigger();
    }, everyMs).unref();
    const schedule = temporal.client.schedule.getHandle(process);
    temporal
      .within(5_000, () => schedule.trigger(ScheduleOverlapPolicy.BUFFER_ONE))
      .catch((err: unknown) => log.info({ process, err }, 'could not be started at once: its schedule will'));
  };
  return () => {
    asked = true;
    if (!resting) trigger();
  };
}
