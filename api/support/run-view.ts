import { z } from 'zod';
import { UnavailableError } from '../../domain/errors.ts';
import type { Progress, RunError, RunStatus, Step } from '../../domain/run.ts';
import { inTenant } from '../../platform/database.ts';
import type { Run } from '../../platform/models/run.ts';
import type { Temporal } from '../../platform/temporal.ts';
import { messageOf } from '../../processes/support/define.ts';
import type { Processes } from '../../processes/support/registry.ts';
import type { RunState } from '../presenters/run.ts';
import { askProgress, type Execution, findExecution, listStatuses, withPending } from './run-executions.ts';
import { closeNeverStarted, closeRow, readRow, type RecordDeps } from './run-records.ts';

export interface ViewDeps extends RecordDeps {
  readonly temporal: Temporal;
  readonly processes: Processes;
  /** By which a start has taken too long; default: this host's. */
  readonly clock?: () => Date;
}
export type MayDo = (object: string, action: string) => boolean;

/** Longer than any start takes: a run that Temporal has not heard of by then never began. */
const startGraceMs = 60_000;
const isStale = ({ clock = () => new Date() }: Pick<ViewDeps, 'clock'>, { created_at, closed_at }: Run): boolean =>
  !closed_at && clock().getTime() - created_at.getTime() > startGraceMs;

/**
 * A run as it is now: from its row when it has ended, else from the workflow itself, else from Temporal's own description, else as it
 * was written down. Bounded in time. A run that ended behind its workflow's back, or never began, is closed on the way.
 */
export async function readRun(deps: ViewDeps, row: Run, can: MayDo): Promise<RunState> {
  if (row.closed_at) return recorded(row);
  const execution = await orAway(findExecution(deps.temporal, row));
  if (execution === 'away') return { ...recorded(row), degraded: true };
  if (!execution) return isStale(deps, row) ? recorded(await afterClosing(deps, row, () => closeNeverStarted(deps, row))) : recorded(row);
  const progress = await orAway(askProgress(deps.temporal, execution));
  if (execution.status !== 'running') return recorded(await afterClosing(deps, row, () => closeAsEnded(deps, row, execution, progress)));
  if (progress === 'away') return { ...recorded(row), steps: pendingSteps(execution), degraded: true };
  const { steps, takes = [] } = progress;
  return { ...recorded(row), steps: withPending(steps, execution.pending), takes: takenMessages(deps.processes, row, takes, can) };
}

const recorded = (row: Run): RunState => ({
  row,
  status: row.status,
  steps: row.steps ?? [],
  result: row.result,
  error: row.error ?? undefined,
  takes: [],
  degraded: false,
});

async function orAway<T>(asking: Promise<T>): Promise<T | 'away'> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof UnavailableError) return 'away';
    throw error;
  }
}

async function afterClosing(deps: ViewDeps, row: Run, close: () => Promise<unknown>): Promise<Run> {
  await close();
  return await readRow(deps, row.tenant_id, row.id);
}

const endings: Readonly<Partial<Record<RunStatus, RunError>>> = {
  terminated: { code: 'terminated', message: 'The run was terminated by an operator.' },
  timed_out: { code: 'timed-out', message: 'The run took longer than it may.' },
  cancelled: { code: 'cancelled', message: 'The run was cancelled.' },
  failed: { code: 'internal', message: 'Something went wrong on our side.' },
};

/** The workflow had no say in its end, or its word came late: in the second case the row has been closed by now and stays. */
async function closeAsEnded({ knex }: ViewDeps, row: Run, execution: Execution, progress: Progress | 'away'): Promise<void> {
  const { status } = execution;
  if (status === 'running') return;
  const steps =
    progress === 'away' ? [] : progress.steps.map((step) => (step.state === 'running' ? { ...step, state: 'failed' as const } : step));
  const error = endings[status];
  await inTenant(knex, row.tenant_id, (trx) =>
    closeRow(trx, { runId: row.id, tenantId: row.tenant_id, status, steps, ...(error ? { error } : {}) }),
  );
}

const pendingSteps = ({ pending }: Execution): readonly Step[] =>
  pending.map(({ name, startedAt, detail }) => ({
    name,
    state: 'running',
    ...(startedAt ? { startedAt } : {}),
    ...(detail ? { detail } : {}),
  }));

function takenMessages(processes: Processes, row: Run, names: readonly string[], can: MayDo): RunState['takes'] {
  const process = processes.find(row.process);
  return names.flatMap((name) => {
    const message = process && messageOf(process, name);
    if (!message) return [];
    const { kind, title, input, permission } = message;
    return {
      name,
      kind,
      ...(title ? { title } : {}),
      schema: z.toJSONSchema(input, { io: 'input' }) as Record<string, unknown>,
      allowed: can(permission.object, permission.action),
      href: `/v1/runs/${row.id}/messages/${name}`,
    };
  });
}

/**
 * Rows of a list that say "running" and may have ended without saying so, brought up to date by one question to Temporal's index.
 * A list is answered in any case: what Temporal does not tell in time stays as written.
 */
export async function refreshRows(deps: ViewDeps, rows: readonly Run[]): Promise<readonly Run[]> {
  const doubtful = rows.filter((row) => isStale(deps, row));
  if (doubtful.length === 0) return rows;
  const statuses = await orAway(
    listStatuses(
      deps.temporal,
      doubtful.map(({ id }) => id),
    ),
  );
  if (statuses === 'away') return rows;
  const ended = doubtful.filter(({ id }) => statuses.get(id) !== 'running');
  const fresh = new Map<string, Run>();
  for (const row of ended) {
    await readRun(deps, row, () => false);
    fresh.set(row.id, await readRow(deps, row.tenant_id, row.id));
  }
  return rows.map((row) => fresh.get(row.id) ?? row);
}
