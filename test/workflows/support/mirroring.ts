import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { createBillingEventActivities } from '../../../activities/billing-events.ts';
import { createBillingMirrorActivities } from '../../../activities/billing-mirror.ts';
import { createRunActivities } from '../../../activities/run.ts';
import { platformTenantId } from '../../../domain/roles.ts';
import type { RunContext, ScheduledStart } from '../../../domain/run.ts';
import type { Billing } from '../../../platform/billing.ts';
import type { Databases } from '../../support/database.ts';
import { createWorker, type On } from '../../support/temporal.ts';

/** What the schedule of the process tells each of its runs. */
export const scheduledStart: ScheduledStart = {
  tenantId: platformTenantId,
  startedBy: platformTenantId,
  scheduled: { process: 'mirror-billing' },
};

export interface Mirroring {
  readonly on: On;
  /** Starts the process as its schedule does, asking Stripe in any case. */
  start(run?: ScheduledStart | RunContext): Promise<WorkflowHandle>;
}

/** Runs `test` beside a worker that mirrors; `around` each of its activities. */
export async function withMirror<T>(
  { databases, billing }: { readonly databases: Databases; readonly billing: Billing },
  test: (mirroring: Mirroring) => Promise<T>,
  { around = async () => undefined, pageObjects }: { around?: (name: string) => Promise<void>; pageObjects?: number } = {},
): Promise<T> {
  const knex = databases.main;
  const hints = { moved: () => undefined, drained: async () => undefined };
  type Acts = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;
  const watched = (acts: Acts): Acts =>
    Object.fromEntries(Object.entries(acts).map(([name, act]) => [name, (...args: never[]) => around(name).then(() => act(...args))]));
  const { worker, on } = await createWorker({
    activities: watched({ ...createRunActivities({ knex, hints }), ...createBillingEventActivities({ knex }) }),
    vendors: { stripe: watched(createBillingMirrorActivities({ knex, billing, ...(pageObjects ? { pageObjects } : {}) })) },
  });
  const start: Mirroring['start'] = (run = scheduledStart) =>
    on.client.workflow.start('mirrorBilling', {
      workflowId: `mirror-billing:all:${randomUUID()}`,
      taskQueue: on.taskQueue,
      args: [{ list: true, run }],
    });
  return worker.runUntil(() => test({ on, start }));
}
