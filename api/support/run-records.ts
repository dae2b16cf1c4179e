import type { Knex } from 'knex';
import { fn } from 'objection';
import { NotFoundError } from '../../domain/errors.ts';
import type { RunEnd } from '../../domain/run.ts';
import { audit } from '../../platform/audit.ts';
import { inTenant } from '../../platform/database.ts';
import type { Keyring } from '../../platform/keyring.ts';
import { Run } from '../../platform/models/run.ts';
import { rowReader } from '../../platform/row-reader.ts';
import { SealedInput } from '../../platform/models/sealed-input.ts';
import type { NewRun } from '../../platform/write-starts.ts';
import { releaseKeyOf } from './idempotency.ts';

export interface RecordDeps {
  readonly knex: Knex;
  readonly keyring: Keyring;
}

const runById = rowReader(Run, ['tenant_id', 'id']);

/** What is known of a run that was written down, before it is told what became of it. */
export type WrittenRun = NewRun & Pick<Run, 'closed_at'>;

/** Throws NotFoundError for another tenant's run too: to this tenant it does not exist. */
export async function findRow(trx: Knex.Transaction, tenantId: string, id: string): Promise<Run> {
  const [row] = await runById(trx, tenantId, id);
  if (!row) throw new NotFoundError('run');
  return row;
}

/** As findRow, in a transaction of its own. */
export const readRow = ({ knex }: Pick<RecordDeps, 'knex'>, tenantId: string, id: string): Promise<Run> =>
  inTenant(knex, tenantId, (trx) => findRow(trx, tenantId, id));

/** Closes a run that ended behind its workflow's back. False when it was closed already: whoever was first has said how it ended. */
export async function closeRow(trx: Knex.Transaction, { tenantId, runId, status, steps, error }: Omit<RunEnd, 'result'>): Promise<boolean> {
  const patch = { status, steps, error: error ?? null, closed_at: fn.now(), updated_at: fn.now() };
  return (await Run.query(trx).patch(patch).where({ tenant_id: tenantId, id: runId }).whereNull('closed_at')) > 0;
}

export const neverStarted = { code: 'never-started', message: 'The run could not be started. Start it again.' } as const;

/**
 * Ends a run that Temporal never heard of: it did nothing. Its key is free for another try, and what was sealed for it can be
 * opened by nobody.
 */
export async function closeNeverStarted({ knex, keyring }: RecordDeps, row: Run): Promise<void> {
  await inTenant(knex, row.tenant_id, async (trx) => {
    const end = { tenantId: row.tenant_id, runId: row.id, status: 'failed', steps: [], error: neverStarted } as const;
    if (!(await closeRow(trx, end))) return;
    await releaseKeyOf(trx, row.tenant_id, row.id);
    await forgetInput(trx, row);
  });
  await destroyInputKey(keyring, row);
}

/** Takes back a run that was written down and refused before it began: nothing of it remains but the audit log. */
export async function withdrawRow(
  { knex, keyring }: RecordDeps,
  row: WrittenRun,
  about: { readonly requestId: string; readonly settleKey: (trx: Knex.Transaction) => Promise<void> },
): Promise<void> {
  await inTenant(knex, row.tenant_id, async (trx) => {
    await about.settleKey(trx);
    await forgetInput(trx, row);
    await Run.query(trx).delete().where({ tenant_id: row.tenant_id, id: row.id });
    const { tenant_id: tenantId, started_by: actorId, id } = row;
    await audit(trx, { tenantId, actorId, action: 'run.refuse', objectType: 'run', objectId: id, requestId: about.requestId, runId: id });
  });
  await destroyInputKey(keyring, row);
}

async function forgetInput(trx: Knex.Transaction, { tenant_id, sealed_input_id }: WrittenRun): Promise<void> {
  if (sealed_input_id) await SealedInput.query(trx).delete().where({ tenant_id, id: sealed_input_id });
}

async function destroyInputKey(keyring: Keyring, { tenant_id, sealed_input_id }: WrittenRun): Promise<void> {
  if (sealed_input_id) await keyring.destroySubjectKeys(tenant_id, [sealed_input_id]);
}
