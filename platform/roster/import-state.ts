import type { Knex } from 'knex';
import { noCounts, type RosterCounts } from '../../domain/roster/counts.ts';
import type { RosterFormat } from '../../domain/roster/records.ts';
import { inTenant } from '../database.ts';

/** Rows before `row` of section number `section` are written; the side files were told of when there is a position at all. */
export interface Position {
  readonly section: number;
  readonly row: number;
}
/** How far an import is. It moves in the transaction of the rows it counts, so it is right after any crash. */
export interface ImportState {
  readonly position: Position;
  /** The batch before this position may lack its digests in the keyring: they are set after the transaction. */
  readonly previous: Position;
  readonly counts: RosterCounts;
  readonly seconds: number;
  readonly swept: boolean;
}
export interface ImportScope {
  readonly tenantId: string;
  readonly importId: string;
  readonly runId: string;
}
interface StoredImport {
  readonly format: RosterFormat;
  readonly status: string;
  readonly counts: ImportState;
}

const start: Position = { section: 0, row: 0 };
export const isBefore = (a: Position, b: Position): boolean => a.section < b.section || (a.section === b.section && a.row < b.row);

/** The import was undone, or another attempt at it is at work: this one must not write. */
export class ImportMovedError extends Error {
  constructor() {
    super('The import is not where this attempt left it.');
    this.name = 'ImportMovedError';
  }
}

export async function findImport(main: Knex, { tenantId, importId }: ImportScope): Promise<StoredImport | undefined> {
  return inTenant(main, tenantId, async (trx) =>
    trx<StoredImport & { tenant_id: string; id: string }>('roster_imports').where({ tenant_id: tenantId, id: importId }).first(),
  );
}

/** Begins an import, or finds where it stands. `first` counts what was read before the first section. */
export async function beginImport(
  main: Knex,
  scope: ImportScope,
  format: RosterFormat,
  first: Pick<RosterCounts, 'rows' | 'badRows'>,
): Promise<ImportState> {
  const { tenantId, importId, runId } = scope;
  const state: ImportState = { position: start, previous: start, counts: { ...noCounts, ...first }, seconds: 0, swept: false };
  const row = { id: importId, tenant_id: tenantId, run_id: runId, format, counts: JSON.stringify(state) };
  await inTenant(main, tenantId, (trx) => trx('roster_imports').insert(row).onConflict(['tenant_id', 'id']).ignore());
  const stored = await findImport(main, scope);
  if (stored?.status !== 'running') throw new ImportMovedError();
  return stored.counts;
}

/** Moves an import from one state to the next in the caller's transaction. Throws ImportMovedError when it is not in the first any more. */
export async function moveImport(
  trx: Knex.Transaction,
  { tenantId, importId }: ImportScope,
  from: ImportState,
  to: ImportState,
): Promise<void> {
  const moved = await trx('roster_imports')
    .where({ tenant_id: tenantId, id: importId, status: 'running' })
    .whereRaw(`counts->'position' = ?::jsonb and (counts->>'swept')::boolean = ?`, [JSON.stringify(from.position), from.swept])
    .update({ counts: JSON.stringify(to) });
  if (moved !== 1) throw new ImportMovedError();
}

export async function completeImport(main: Knex, { tenantId, importId }: ImportScope, reportKey: string): Promise<void> {
  await inTenant(main, tenantId, (trx) =>
    trx('roster_imports')
      .where({ tenant_id: tenantId, id: importId, status: 'running' })
      .update({ status: 'completed', report_key: reportKey }),
  );
}
