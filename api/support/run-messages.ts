import { createHash } from 'node:crypto';
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type WorkflowHandle,
} from '@temporalio/client';
import { AppError, MessageRefusedError, RunClosedError, UnavailableError } from '../../domain/errors.ts';
import { runErrorOf } from '../../domain/run-error.ts';
import { audit } from '../../platform/audit.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import type { Run } from '../../platform/models/run.ts';
import type { Temporal } from '../../platform/temporal.ts';
import type { Message } from '../../processes/support/define.ts';
import type { Caller } from './caller.ts';
import { askProgress, type Execution, findExecution } from './run-executions.ts';
import type { RecordDeps } from './run-records.ts';

export interface MessageDeps extends RecordDeps {
  readonly temporal: Temporal;
}
export interface Sender {
  readonly caller: Caller;
  readonly requestId: string;
}

const cancelMs = 5_000;
/** A worker answers an update in milliseconds, or is busy, or away. */
const answerMs = 10_000;

/** Asks the run to stop and undo; it ends in its own time. Throws RunClosedError, UnavailableError. */
export async function cancelRun(deps: MessageDeps, row: Run, sender: Sender): Promise<void> {
  const execution = await openExecution(deps, row);
  await record(deps, row, sender, 'run.cancel');
  await orClosed(deps.temporal.within(cancelMs, () => handleOf(deps, execution).cancel()));
}

/**
 * Sends a declared message; resolves to the answer of an update, undefined for a signal. A signal survives the absence of workers.
 * Throws MessageRefusedError (and any code the workflow refuses with) as 422, RunClosedError, UnavailableError (a question may be
 * answered yet: ask again with the same key).
 */
export async function sendMessage(
  deps: MessageDeps,
  row: Run,
  message: { readonly name: string; readonly kind: Message['kind']; readonly body: unknown; readonly idempotencyKey?: string | undefined },
  sender: Sender,
): Promise<unknown> {
  const { name, kind, body, idempotencyKey } = message;
  const updateId = idempotencyKey === undefined ? undefined : createHash('sha256').update(`${name}\0${idempotencyKey}`).digest('hex');
  const execution = await latestExecution(deps, row);
  if (row.closed_at || execution?.status !== 'running')
    return await earlierAnswer(deps, execution, kind === 'update' ? updateId : undefined);
  await record(deps, row, sender, `run.send-${name}`);
  const handle = handleOf(deps, execution);
  if (kind === 'signal') {
    await demandTaken(deps, execution, name);
    await orClosed(deps.temporal.within(answerMs, () => handle.signal(name, body)));
    return undefined;
  }
  const ask = (): Promise<unknown> => handle.executeUpdate<unknown, [unknown]>(name, { args: [body], updateId: updateId ?? newId() });
  return await orClosed(deps.temporal.within(answerMs, () => answerOf(ask)));
}

/** A repeat that comes after the run's end gets the answer of the first, which may have been what ended it. */
async function earlierAnswer(deps: MessageDeps, execution: Execution | undefined, updateId: string | undefined): Promise<unknown> {
  if (!execution || updateId === undefined) throw new RunClosedError();
  const handle = handleOf(deps, execution);
  return await orClosed(deps.temporal.within(cancelMs, () => answerOf(() => handle.getUpdateHandle(updateId).result())));
}

async function answerOf(ask: () => Promise<unknown>): Promise<unknown> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) throw new UnavailableError('The worker', 5, error);
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    const { code, message, details } = runErrorOf(error.cause);
    if (code === 'internal') throw error;
    throw code === 'message-refused' ? new MessageRefusedError(message) : new AppError(code, 422, message, details);
  }
}

/** A signal has no answer, so the run is asked first; one that cannot be asked now gets it and decides itself. */
async function demandTaken({ temporal }: MessageDeps, execution: Execution, name: string): Promise<void> {
  try {
    const { takes = [] } = await askProgress(temporal, execution);
    if (!takes.includes(name)) throw new MessageRefusedError('The run does not take this message now.');
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
  }
}

const latestExecution = ({ temporal }: MessageDeps, row: Run): Promise<Execution | undefined> => findExecution(temporal, row);

async function openExecution(deps: MessageDeps, row: Run): Promise<Execution> {
  const execution = row.closed_at ? undefined : await latestExecution(deps, row);
  if (execution?.status !== 'running') throw new RunClosedError();
  return execution;
}

const handleOf = ({ temporal }: MessageDeps, { workflowId, executionId }: Execution): WorkflowHandle =>
  temporal.client.workflow.getHandle(workflowId, executionId);

async function orClosed<T>(sending: Promise<T>): Promise<T> {
  try {
    return await sending;
  } catch (error) {
    throw error instanceof WorkflowNotFoundError ? new RunClosedError() : error;
  }
}

const record = ({ knex }: MessageDeps, { tenant_id: tenantId, id }: Run, { caller, requestId }: Sender, action: string): Promise<void> =>
  inTenant(knex, tenantId, (trx) =>
    audit(trx, { tenantId, actorId: caller.accountId, action, objectType: 'run', objectId: id, requestId, runId: id }),
  );
