import type { Knex } from 'knex';
import { auditAll } from './audit.ts';
import type { Run } from './models/run.ts';
import { queryRows } from './query-rows.ts';

/** A run as it is written down before Temporal is asked. */
export type NewRun = Pick<Run, 'id' | 'tenant_id' | 'process' | 'workflow_id' | 'started_by' | 'request_id' | 'sealed_input_id'>;
export interface NewStart {
  readonly run: NewRun;
  /** The personal part of its input, when it has one. */
  readonly sealed?: Buffer | undefined;
}

// As one JSON value, so that one plan does for any number of starts.
const insertSql = `
  with start as (
    select * from jsonb_to_recordset(?::jsonb) as start (id uuid, tenant_id uuid, process text, workflow_id text, started_by uuid,
      request_id uuid, sealed_input_id uuid, sealed text)),
  input as (
    insert into sealed_inputs (id, tenant_id, sealed)
    select sealed_input_id, tenant_id, decode(sealed, 'base64') from start where sealed is not null)
  insert into runs (id, tenant_id, process, workflow_id, started_by, request_id, sealed_input_id)
  select id, tenant_id, process, workflow_id, started_by, request_id, sealed_input_id from start`;

/** Writes down runs of one tenant with their sealed inputs and their entries in the audit log, in the caller's transaction. */
export async function writeStarts(trx: Knex.Transaction, starts: readonly NewStart[]): Promise<void> {
  if (starts.length === 0) return;
  const rows = starts.map(({ run, sealed }) => ({ ...run, sealed: sealed?.toString('base64') }));
  await queryRows(trx, insertSql, [JSON.stringify(rows)], 'write-starts');
  const entries = rows.map(({ id, tenant_id: tenantId, started_by: actorId, request_id: requestId }) => {
    return { tenantId, actorId, action: 'run.start', objectType: 'run', objectId: id, requestId, runId: id };
  });
  await auditAll(trx, entries);
}
