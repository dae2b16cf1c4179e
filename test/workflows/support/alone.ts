import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { createRunActivities } from '../../../activities/run.ts';
import type { RunContext, ScheduledStart } from '../../../domain/run.ts';
import type { Databases } from '../../support/database.ts';
import { createWorker } from '../../support/temporal.ts';

type Acts = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;
export interface Alone {
  readonly databases: Pick<Databases, 'main'>;
  readonly workflow: string;
  readonly activities: Acts;
  readonly run: ScheduledStart | RunContext;
  readonly input?: object;
  /** Idle time is skipped; default: true. */
  readonly timeTravel?: boolean;
  /** Before each activity acts. */
  readonly around?: (name: string) => Promise<unknown>;
}

/** Runs a process once beside a worker of its own. */
export async function runAlone<T>(
  { databases, workflow, activities, run, input = {}, timeTravel = true, around = async () => undefined }: Alone,
  test: (handle: WorkflowHandle) => Promise<T>,
): Promise<T> {
  const hints = { moved: () => undefined, drained: async () => undefined };
  const acts: Acts = { ...createRunActivities({ knex: databases.main, hints }), ...activities };
  const wrapped = Object.fromEntries(
    Object.entries(acts).map(([name, act]) => [name, async (...args: never[]) => around(name).then(() => act(...args))]),
  );
  const { worker, on } = await createWorker({ activities: wrapped, timeTravel });
  return await worker.runUntil(async () => {
    const options = { workflowId: `${workflow}:${randomUUID()}`, taskQueue: on.taskQueue, args: [{ ...input, run }] };
    return test(await on.client.workflow.start(workflow, options));
  });
}
