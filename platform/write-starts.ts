import { auditStatement } from './audit.ts';
import type { Run } from './models/run.ts';
import type { Statement } from './transaction.ts';

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
    select * from jsonb_to_recordset($1::jsonb) as start (id uuid, tenant_id uuid, process text, workflow_id text, started_by uuid,
      request_id uuid, sealed_input_id uuid, sealed text)),
  input as (
    insert into sealed_inputs (id, tenant_id, sealed)
    select sealed_input_id, tenant_id, decode(sealed, 'base64') from start where sealed is not null)
  insert into runs (id, tenant_id, process, workflow_id, started_by, request_id, sealed_input_id)
  select id, tenant_id, process, workflow_id, started_by, request_id, sealed_input_id from start`;

/** The statements that write down runs of one tenant, with their sealed inputs and their entries in the audit log. */
export function startStatements(starts: readonly NewStart[]): Statement[] {
  if (starts.length === 0) return [];
  const rows = starts.map(({ run, sealed }) => ({ ...run, sealed: sealed?.toString('base64') }));
  const entries = rows.map(({ id, tenant_id: tenantId, started_by: actorId, request_id: requestId }) => {
    return { tenantId, actorId, action: 'run.start', objectType: 'run', objectId: id, requestId, runId: id };
  });
  return [{ text: insertSql, values: [JSON.stringify(rows)], name: 'start-runs' }, auditStatement(entries)];
}
