import {
  QueryNotRegisteredError,
  QueryRejectedError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type WorkflowExecutionDescription,
  type WorkflowOptions,
} from '@temporalio/client';
import { UnavailableError } from '../../domain/errors.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { runErrorOf } from '../../domain/run-error.ts';
import type { Progress, RunContext, RunStatus, Step } from '../../domain/run.ts';
import type { Run } from '../../platform/models/run.ts';
import type { NewRun } from '../../platform/write-starts.ts';
import { searchAttributes, type Temporal } from '../../platform/temporal.ts';
import type { Process } from '../../processes/support/define.ts';

const startMs = 5_000;
const readMs = 1_500;

/** How the client library lets a caller name its start request; the server starts once per name, also when the run has ended since. */
const startOptions = Symbol.for('__temporal_internal_client_workflow_start_options');

/** The execution that holds a business key, as far as its search attributes tell. */
export interface Holder {
  readonly runId: string | undefined;
  readonly tenantId: string | undefined;
}

/**
 * Starts the run's workflow, once however often it is called for the same run. Resolves to whoever holds the business key when that
 * is another run. Throws UnavailableError when Temporal does not answer: it may have been started, or not.
 */
export async function startExecution(temporal: Temporal, process: Process, run: NewRun, input: object): Promise<Holder | undefined> {
  const context: RunContext = {
    runId: run.id,
    tenantId: run.tenant_id,
    startedBy: run.started_by,
    requestId: run.request_id,
    ...(run.sealed_input_id ? { sealedInputId: run.sealed_input_id } : {}),
  };
  const options = {
    workflowId: run.workflow_id,
    taskQueue: process.taskQueue,
    args: [{ ...input, run: context }],
    workflowIdConflictPolicy: 'FAIL',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    typedSearchAttributes: [
      { key: searchAttributes.tenantId, value: run.tenant_id },
      { key: searchAttributes.startedBy, value: run.started_by },
      { key: searchAttributes.runId, value: run.id },
    ],
    staticSummary: process.title,
    // Of the platform's own runs each is about another school: one with a lot to do must not hold up the others.
    priority: { fairnessKey: run.tenant_id === platformTenantId ? run.id : run.tenant_id },
    [startOptions]: { requestId: run.id },
  } satisfies WorkflowOptions & { taskQueue: string; args: unknown[]; [startOptions]: object };
  return temporal.within(startMs, async () => {
    try {
      await temporal.client.workflow.start(process.workflow, options);
      return undefined;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const holder = holderOf(await temporal.client.workflow.getHandle(run.workflow_id).describe());
      return holder.runId === run.id ? undefined : holder;
    }
  });
}

const holderOf = ({ typedSearchAttributes: attributes }: Pick<WorkflowExecutionDescription, 'typedSearchAttributes'>): Holder => ({
  runId: attributes.get(searchAttributes.runId),
  tenantId: attributes.get(searchAttributes.tenantId),
});

/** A run's execution on Temporal's side. */
export interface Execution {
  readonly workflowId: string;
  /** Temporal's own id of the execution. */
  readonly executionId: string;
  readonly status: RunStatus;
  readonly pending: readonly PendingActivity[];
}
export interface PendingActivity {
  readonly name: string;
  readonly startedAt?: string;
  /** What it last said of itself, or why it has to be tried again. */
  readonly detail?: string;
}

/** Undefined when Temporal knows of none. Throws UnavailableError. */
export const findExecution = (temporal: Temporal, run: Run): Promise<Execution | undefined> =>
  temporal.within(readMs, async () => {
    const latest = await describe(temporal, run.workflow_id);
    if (latest && holderOf(latest).runId === run.id) return await executionOf(temporal, latest);
    // The business key has passed on to another run, or was never held: only the index of runs can tell.
    for await (const { workflowId, runId } of temporal.client.workflow.list({ query: `PlatformRunId = '${run.id}'`, pageSize: 1 })) {
      const found = await describe(temporal, workflowId, runId);
      if (found) return await executionOf(temporal, found);
    }
    return undefined;
  });

async function describe(temporal: Temporal, workflowId: string, executionId?: string): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await temporal.client.workflow.getHandle(workflowId, executionId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Of several runs at once, those that Temporal's index knows, and how they stand. Eventually consistent. Throws UnavailableError. */
export const listStatuses = (temporal: Temporal, runIds: readonly string[]): Promise<Map<string, RunStatus>> =>
  temporal.within(readMs, async () => {
    const statuses = new Map<string, RunStatus>();
    const query = `PlatformRunId IN (${runIds.map((id) => `'${id}'`).join(', ')})`;
    for await (const found of temporal.client.workflow.list({ query })) {
      const id = found.typedSearchAttributes.get(searchAttributes.runId);
      if (id) statuses.set(id, statusOf(found.status.name));
    }
    return statuses;
  });

/** The workflow's own account of itself. Throws UnavailableError when none comes in time: no worker, or none that can run its code. */
export async function askProgress(temporal: Temporal, { workflowId, executionId }: Execution): Promise<Progress> {
  try {
    return await temporal.within(readMs, () => temporal.client.workflow.getHandle(workflowId, executionId).query<Progress>('progress'));
  } catch (error) {
    const unanswered = error instanceof ServiceError || error instanceof QueryNotRegisteredError || error instanceof QueryRejectedError;
    throw unanswered ? new UnavailableError('The worker', 5, error) : error;
  }
}

const statuses: Readonly<Record<string, RunStatus>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
};
const statusOf = (name: string): RunStatus => statuses[name] ?? 'running';

const executionOf = async (temporal: Temporal, { workflowId, runId, status, raw }: WorkflowExecutionDescription): Promise<Execution> => ({
  workflowId,
  executionId: runId,
  status: statusOf(status.name),
  pending: await Promise.all((raw.pendingActivities ?? []).map((each) => pendingOf(temporal, each))),
});

type RawPending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

async function pendingOf(temporal: Temporal, raw: RawPending): Promise<PendingActivity> {
  const at = raw.lastStartedTime ?? raw.scheduledTime;
  const said = await beatOf(temporal, raw.heartbeatDetails?.payloads?.[0]);
  const failed = raw.lastFailure ? `attempt ${(raw.attempt ?? 1) - 1} failed: ${await wordsOf(temporal, raw.lastFailure)}` : undefined;
  const detail = [said, failed].filter((text) => text !== undefined).join(' · ');
  return {
    name: raw.activityType?.name ?? 'activity',
    ...(at ? { startedAt: new Date(Number(at.seconds ?? 0) * 1_000).toISOString() } : {}),
    ...(detail ? { detail } : {}),
  };
}

type RawPayload = NonNullable<NonNullable<NonNullable<RawPending['heartbeatDetails']>['payloads']>[number]>;

/** The words of a heartbeat (activities/support/heartbeat.ts). */
const beatOf = (temporal: Temporal, payload: RawPayload | undefined): Promise<string | undefined> => textIn(temporal, payload, 'detail');

/** An attempt's failure by the same rule as a run's: our own codes speak, anything else is "on our side". Its words are in a payload. */
async function wordsOf(temporal: Temporal, raw: NonNullable<RawPending['lastFailure']>): Promise<string> {
  const message = (await textIn(temporal, raw.encodedAttributes, 'message')) ?? raw.message ?? '';
  const failure = Object.assign(new Error(message), { name: 'ApplicationFailure', type: raw.applicationFailureInfo?.type });
  return runErrorOf(failure).message;
}

async function textIn(
  temporal: Temporal,
  payload: RawPayload | null | undefined,
  field: 'detail' | 'message',
): Promise<string | undefined> {
  if (!payload) return undefined;
  const value = (await temporal.valueOf(payload)) as { detail?: unknown; message?: unknown } | null | undefined;
  const text = value?.[field];
  return typeof text === 'string' ? text : undefined;
}

/** Shows what is under way in the step it belongs to: while one step runs, what is pending is its. */
export function withPending(steps: readonly Step[], pending: readonly PendingActivity[]): readonly Step[] {
  const detail = pending.map((activity) => activity.detail).find((text) => text !== undefined);
  const running = steps.findIndex(({ state }) => state === 'running');
  return detail === undefined ? steps : steps.map((step, index) => (index === running ? { ...step, detail } : step));
}
