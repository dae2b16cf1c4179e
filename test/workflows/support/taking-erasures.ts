import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { createRobloxErasureActivities, type RobloxErasureDeps } from '../../../activities/roblox-erasures.ts';
import { createRunActivities } from '../../../activities/run.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import type { RunContext, ScheduledStart } from '../../../domain/run.ts';
import { createWorker, type On } from '../../support/temporal.ts';

/** What the schedule of the process tells each of its runs. */
export const scheduledStart: ScheduledStart = {
  tenantId: platformTenantId,
  startedBy: platformTenantId,
  scheduled: { process: 'take-roblox-erasures' },
};

export interface Taking {
  readonly on: On;
  start(run?: ScheduledStart | RunContext): Promise<WorkflowHandle>;
}

/** Runs `test` beside a worker that takes requests for erasure; `around` each of its activities. */
export async function withTaking<T>(
  deps: RobloxErasureDeps,
  test: (taking: Taking) => Promise<T>,
  around: (name: string) => Promise<void> = async () => undefined,
): Promise<T> {
  const hints = { moved: () => undefined, drained: async () => undefined };
  const acts: Readonly<Record<string, (...args: never[]) => Promise<unknown>>> = {
    ...createRunActivities({ knex: deps.knex, hints }),
    ...createRobloxErasureActivities(deps),
  };
  const activities = Object.fromEntries(
    Object.entries(acts).map(([name, act]) => [name, async (...args: never[]) => around(name).then(() => act(...args))]),
  );
  const { worker, on } = await createWorker({ activities });
  const start: Taking['start'] = (run = scheduledStart) =>
    on.client.workflow.start('takeRobloxErasures', {
      workflowId: `take-roblox-erasures:all:${randomUUID()}`,
      taskQueue: on.taskQueue,
      args: [{ run }],
    });
  return worker.runUntil(() => test({ on, start }));
}
