import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { ForbiddenError, RunInProgressError } from '../../domain/errors.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { workflowIdOf } from '../../domain/workflow-id.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { Run } from '../../platform/models/run.ts';
import type { Temporal } from '../../platform/temporal.ts';
import type { Process } from '../../processes/support/define.ts';
import { splitPersonal } from '../../processes/support/personal.ts';
import type { Caller } from './caller.ts';
import { digestRequest, pointKeyAt, releaseKeyOf, runOfKey, type RequestDigest } from './idempotency.ts';
import { type Holder, startExecution } from './run-executions.ts';
import { type RecordDeps, withdrawRow, type WrittenRun } from './run-records.ts';
import { createRunWriter, type RunWriter } from './run-writer.ts';

export interface StartDeps extends RecordDeps {
  readonly temporal: Temporal;
}
interface Deps extends StartDeps {
  readonly write: RunWriter;
}
export interface StartRequest {
  readonly process: Process;
  readonly caller: Caller;
  readonly requestId: string;
  /** Valid for the process. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly idempotencyKey?: string | undefined;
}
type Reference = Pick<Run, 'id' | 'process'>;

/** Whose process it is decides where it may be started, whatever a role says. */
export const mayRunHere = ({ scope }: Process, { tenantId }: Caller): boolean => (scope === 'platform') === (tenantId === platformTenantId);

/**
 * Writes the run down, then starts its workflow. A repeat under the same Idempotency-Key finds the row of the first request and goes
 * on from there, wherever that one stopped; one without a key that stopped in between is ended when it is next read.
 * Throws RunInProgressError, IdempotencyConflictError, UnavailableError (try again: nothing was lost).
 */
export type Starter = (request: StartRequest) => Promise<Reference>;

/** To be made once: starts that come at the same time are written down together. */
export function createStarter(deps: StartDeps): Starter {
  const withWriter = { ...deps, write: createRunWriter(deps) };
  return (request) => startRun(withWriter, request);
}

async function startRun(deps: Deps, request: StartRequest): Promise<Reference> {
  const { process, caller, input, idempotencyKey } = request;
  if (!mayRunHere(process, caller)) throw new ForbiddenError(process.permission.action, process.permission.object);
  const named = { process: process.name, input };
  const digest = idempotencyKey === undefined ? undefined : await digestRequest(deps.keyring, caller.tenantId, idempotencyKey, named);
  const { plain, personal } = splitPersonal(process.input, input);
  const row = (digest && (await known(deps, caller, digest))) ?? (await write(deps, request, digest, personal));
  if (row.closed_at) return row;
  const holder = await startWhenFree(deps, process, row, plain);
  if (!holder) return row;
  return await yieldTo(deps, request, row, holder);
}

const endingMs = 3_000;

/** A run says that it has ended a moment before its execution is closed: whoever saw the one and starts anew waits for the other. */
async function startWhenFree(deps: StartDeps, process: Process, row: WrittenRun, input: object): Promise<Holder | undefined> {
  for (const since = performance.now(); ; await sleep(50)) {
    const holder = await startExecution(deps.temporal, process, row, input);
    if (!holder || performance.now() - since > endingMs || !(await isEnding(deps, row, holder))) return holder;
  }
}

async function isEnding({ knex }: StartDeps, { tenant_id: tenantId }: WrittenRun, holder: Holder): Promise<boolean> {
  if (holder.tenantId !== tenantId || holder.runId === undefined) return false;
  const id = holder.runId;
  const other = await inTenant(knex, tenantId, async (trx) => Run.query(trx).findOne({ tenant_id: tenantId, id }));
  return Boolean(other?.closed_at);
}

const known = ({ knex }: StartDeps, { tenantId }: Caller, digest: RequestDigest): Promise<WrittenRun | undefined> =>
  inTenant(knex, tenantId, async (trx) => {
    const id = await runOfKey(trx, tenantId, digest);
    return id === undefined ? undefined : await Run.query(trx).findOne({ tenant_id: tenantId, id });
  });

async function write(
  deps: Deps,
  request: StartRequest,
  digest: RequestDigest | undefined,
  personal: object | undefined,
): Promise<WrittenRun> {
  const { process, caller, requestId, input } = request;
  const { tenantId, accountId } = caller;
  const run = {
    id: newId(),
    tenant_id: tenantId,
    process: process.name,
    workflow_id: workflowIdOf(process.name, tenantId, process.businessKey(input, tenantId)),
    started_by: accountId,
    request_id: requestId,
    sealed_input_id: personal ? newId() : null,
  };
  if (await deps.write({ run, personal, digest })) return { ...run, closed_at: null };
  // Another request took the same key in the meantime: its run is the answer to both.
  if (run.sealed_input_id) await deps.keyring.destroySubjectKeys(tenantId, [run.sealed_input_id]);
  const first = digest && (await known(deps, caller, digest));
  return first ?? (await write(deps, request, digest, personal));
}

/** The business key is another run's: that run is the answer, or the reason of the refusal. The caller sees its own tenant's only. */
async function yieldTo(deps: StartDeps, request: StartRequest, row: WrittenRun, holder: Holder): Promise<Reference> {
  const { process, caller, requestId } = request;
  const visible = holder.tenantId === caller.tenantId ? holder.runId : undefined;
  const joins = process.conflict === 'use-existing' && visible !== undefined;
  const settleKey = (trx: Knex.Transaction): Promise<void> =>
    joins ? pointKeyAt(trx, row.tenant_id, row.id, visible) : releaseKeyOf(trx, row.tenant_id, row.id);
  await withdrawRow(deps, row, { requestId, settleKey });
  if (!joins) throw new RunInProgressError(visible);
  return { id: visible, process: process.name };
}
