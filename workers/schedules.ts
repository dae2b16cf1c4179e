import {
  ScheduleAlreadyRunning,
  ScheduleClient,
  ScheduleNotFoundError,
  type ScheduleClientOptions,
  type ScheduleOptions,
  type ScheduleOptionsStartWorkflowAction,
  type Workflow,
} from '@temporalio/client';
import { platformTenantId } from '../domain/roles.ts';
import type { ScheduledStart } from '../domain/run.ts';
import { workflowIdOf } from '../domain/workflow-id.ts';
import { searchAttributes } from '../platform/temporal.ts';
import type { Process } from '../processes/support/define.ts';

/** Marks the schedules that processes declare: others of the namespace are left alone. */
const memo = { toolbox: 'process' };
const jitter = '1 minute';

/**
 * Makes Temporal's schedules those that processes declare: missing ones are made, others brought up to date (one that somebody paused
 * stays paused), and those whose process declares none any more are removed. Safe to repeat, and beside another worker.
 */
export async function putSchedules(options: ScheduleClientOptions, processes: readonly Process[]): Promise<void> {
  const client = new ScheduleClient(options);
  const declared = processes.flatMap((process) => scheduleOf(process) ?? []);
  for (const schedule of declared) await put(client, schedule);
  const names = new Set(declared.map(({ scheduleId }) => scheduleId));
  for await (const { scheduleId, memo: found } of client.list())
    if (found?.['toolbox'] === memo.toolbox && !names.has(scheduleId)) await remove(client, scheduleId);
}

type Declared = ScheduleOptions & { readonly action: ScheduleOptionsStartWorkflowAction<Workflow> & { readonly workflowId: string } };

function scheduleOf({ name, title, workflow, taskQueue, input, businessKey, schedule }: Process): Declared | undefined {
  if (!schedule) return undefined;
  const given = input.parse(schedule.input);
  const run: ScheduledStart = { tenantId: platformTenantId, startedBy: platformTenantId, scheduled: { process: name } };
  const spec =
    'every' in schedule
      ? { intervals: [{ every: schedule.every }], jitter }
      : { cronExpressions: [schedule.cron], timezone: schedule.timeZone, jitter };
  return {
    scheduleId: name,
    memo,
    spec,
    action: {
      type: 'startWorkflow',
      workflowType: workflow,
      // Temporal adds the time of each run.
      workflowId: workflowIdOf(name, platformTenantId, businessKey(given, platformTenantId)),
      taskQueue,
      args: [{ ...given, run }],
      typedSearchAttributes: [
        { key: searchAttributes.tenantId, value: platformTenantId },
        { key: searchAttributes.startedBy, value: platformTenantId },
      ],
      staticSummary: title,
    },
    // What fell due while Temporal was away longer than this is not made up for: the next one is near enough.
    policies: { overlap: 'SKIP', catchupWindow: '10 minutes' },
  };
}

async function put(client: ScheduleClient, schedule: Declared): Promise<void> {
  const { scheduleId, spec, action, policies = {} } = schedule;
  try {
    await client.create(schedule);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const updating = client.getHandle(scheduleId).update(({ state }) => ({ spec, action, policies, state }));
    // Removed in between, by a worker of an older version that does not know it.
    if (!(await unlessGone(updating))) await put(client, schedule);
  }
}

const remove = async (client: ScheduleClient, scheduleId: string): Promise<boolean> => unlessGone(client.getHandle(scheduleId).delete());

/** Whether there was such a schedule: the list lags behind, and another worker may have been first. */
async function unlessGone(act: Promise<void>): Promise<boolean> {
  try {
    await act;
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}
