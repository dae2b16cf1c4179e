import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { createRunActivities } from '../../../activities/run.ts';
import { createUploadActivities } from '../../../activities/uploads.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import type { RunContext, ScheduledStart } from '../../../domain/run.ts';
import type { RosterBench } from '../../support/roster-school.ts';
import { createWorker } from '../../support/temporal.ts';

/** What the schedule of the process tells each of its runs. */
export const scheduledStart: ScheduledStart = {
  tenantId: platformTenantId,
  startedBy: platformTenantId,
  scheduled: { process: 'expire-uploads' },
};

/** Runs the process once beside a worker of its own, `around` each activity. */
export async function runExpiring<T>(
  { databases, keyring, storage }: RosterBench,
  run: ScheduledStart | RunContext,
  test: (handle: WorkflowHandle) => Promise<T>,
  around: (name: string) => Promise<void> = async () => undefined,
): Promise<T> {
  const knex = databases.main;
  const hints = { moved: () => undefined, drained: async () => undefined };
  const acts: Readonly<Record<string, (...args: never[]) => Promise<unknown>>> = {
    ...createRunActivities({ knex, hints }),
    ...createUploadActivities({ knex, keyring, storage }),
  };
  const activities = Object.fromEntries(
    Object.entries(acts).map(([name, act]) => [name, async (...args: never[]) => around(name).then(() => act(...args))]),
  );
  const { worker, on } = await createWorker({ activities });
  return await worker.runUntil(async () => {
    const workflowId = `expire-uploads:all:${randomUUID()}`;
    return test(await on.client.workflow.start('expireUploads', { workflowId, taskQueue: on.taskQueue, args: [{ run }] }));
  });
}
