import type { Knex } from 'knex';
import { addDelta, type RosterCounts, type RosterImported } from '../../domain/roster/counts.ts';
import type { RosterFormat, RosterKind } from '../../domain/roster/records.ts';
import { audit } from '../../platform/audit.ts';
import { inTenant } from '../../platform/database.ts';
import type { AnySection } from '../../platform/roster/adapter.ts';
import {
  beginImport,
  completeImport,
  type ImportScope,
  type ImportState,
  isBefore,
  moveImport,
  type Position,
} from '../../platform/roster/import-state.ts';
import { type Batch, createSeen, readBatches, type Reading, readSides } from '../../platform/roster/read-batches.ts';
import { type Report, reportLimit } from '../../platform/roster/report.ts';
import type { RosterSource } from '../../platform/roster/source.ts';
import { sweep } from '../../platform/roster/sweep.ts';
import { ahead } from '../support/ahead.ts';
import { givingWay } from '../support/give-way.ts';
import { keepAlive } from '../support/keep-alive.ts';
import type { PreparedBatch, Preparer } from './prepare.ts';

export interface ImportDeps {
  readonly main: Knex;
  readonly scope: ImportScope;
  readonly preparer: Preparer;
  readonly report: Report;
  /** Called often, with how far the import is: heartbeats, and throws when it is to stop. */
  readonly onProgress: (position: Position, rowsDone?: number) => void;
  readonly batchRows?: Partial<Record<RosterKind, number>>;
}

const defaultBatchRows: Record<RosterKind, number> = {
  orgUnits: 1_000,
  people: 1_000,
  classes: 1_000,
  enrollments: 2_000,
  guardianships: 2_000,
};

/** Imports a roster from where its last attempt stood. While one batch is being written, the next is sealed and the one after it read. */
export async function importSource(deps: ImportDeps, source: RosterSource): Promise<RosterImported> {
  const { main, scope, report, onProgress } = deps;
  const beganAt = performance.now();
  const { format } = source.adapter;
  const sides = await readSides(source, reportLimit, () => onProgress({ section: 0, row: 0 }));
  await report.add('sides', sides.bad, 0);
  const before = await beginImport(main, scope, format, { rows: sides.rows, badRows: sides.badRows });
  const secondsNow = (): number => before.seconds + (performance.now() - beganAt) / 1_000;

  const giveWay = givingWay();
  const begun = report.begin();
  begun.catch(() => undefined); // told when the batches are written
  let state = before;
  const alive = (): void => onProgress(state.position);
  let settling: Promise<unknown> = Promise.resolve();
  try {
    for await (const step of ahead(prepared(deps, ahead(unwritten(deps, source, before, { facts: sides.facts, alive }))))) {
      state = await writeBatch(deps, step, { state, settling, seconds: secondsNow() });
      settling = step.prepared.settle();
      settling.catch(() => undefined); // the next batch's transaction waits for it and fails
      onProgress(state.position, state.counts.rows);
      await giveWay();
    }
  } finally {
    await Promise.allSettled([begun, settling]);
  }
  await Promise.all([begun, settling]);
  state = await keepAlive({ position: state.position }, () => finish(deps, source, state, secondsNow()));
  return resultOf(format, state);
}

const resultOf = (format: RosterFormat, { counts, seconds }: ImportState): RosterImported => ({
  ...counts,
  format,
  seconds: Math.round(seconds * 1_000) / 1_000,
  rowsPerSecond: Math.round(counts.rows / Math.max(seconds, 0.001)),
});
/** What a completed import came to. */
export const importedOf = ({ format, counts }: { readonly format: RosterFormat; readonly counts: ImportState }): RosterImported =>
  resultOf(format, counts);

interface Step {
  readonly batch: Batch;
  /** Where the import stands when the batch is written. */
  readonly next: Position;
}
interface PreparedStep extends Step {
  readonly prepared: PreparedBatch;
}

/** The batches that are left. Earlier rows are read again, for the ids they bring, but not written. */
async function* unwritten(
  { preparer, batchRows }: ImportDeps,
  source: RosterSource,
  state: ImportState,
  { facts, alive }: { readonly facts: Reading<RosterKind>['facts']; readonly alive: () => void },
): AsyncGenerator<Step> {
  const seen = createSeen();
  const files = new Set<string>();
  for (const [number, section] of source.adapter.sections.entries()) {
    const again = files.has(section.file);
    files.add(section.file);
    const size = batchRows?.[section.kind] ?? defaultBatchRows[section.kind];
    for await (const batch of readSection(source, section, { facts, seen, again }, size)) {
      const place = { section: number, row: batch.from };
      alive();
      if (!isBefore(place, state.position)) yield { batch, next: { section: number, row: batch.to } };
      // The last attempt may have died between writing this batch and noting its digests.
      else if (!isBefore(place, state.previous)) await preparer.settleAgain(batch);
    }
  }
}

/** In the order of the roster: a batch refers to what the ones before it brought. */
async function* prepared({ preparer }: ImportDeps, steps: AsyncIterable<Step>): AsyncGenerator<PreparedStep> {
  for await (const step of steps) yield { ...step, prepared: await preparer.prepare(step.batch) };
}

/** Sections differ in what they yield; whoever takes a batch looks at its kind. */
const readSection = (
  source: RosterSource,
  section: AnySection,
  reading: Omit<Reading<RosterKind>, 'section'>,
  size: number,
): AsyncGenerator<Batch> => readBatches(source, { ...reading, section }, size);

async function writeBatch(
  { main, scope, report }: ImportDeps,
  { batch, prepared: ready, next }: PreparedStep,
  { state, settling, seconds }: { readonly state: ImportState; readonly settling: Promise<unknown>; readonly seconds: number },
): Promise<ImportState> {
  const place = { section: next.section, row: batch.from };
  return inTenant(main, scope.tenantId, async (trx) => {
    const { delta, bad: dangling } = await ready.write(trx);
    const bad = [...batch.bad, ...dangling].sort((a, b) => a.line - b.line);
    const { counts } = state;
    await report.add(place, bad, counts.badRows);
    const to: ImportState = {
      position: next,
      previous: place,
      counts: {
        ...counts,
        [batch.kind]: addDelta(counts[batch.kind], delta),
        badRows: counts.badRows + bad.length,
        rows: counts.rows + (batch.again ? 0 : batch.to - batch.from),
      },
      seconds,
      swept: false,
    };
    await settling; // a state tells of one batch only that it may lack its digests: `previous`
    await moveImport(trx, scope, state, to);
    await auditBatch(trx, scope, `roster.write-${batch.kind.toLowerCase()}`, { position: next, delta });
    return to;
  });
}

const auditBatch = (trx: Knex.Transaction, { tenantId, importId, runId }: ImportScope, action: string, after: object): Promise<void> =>
  audit(trx, { tenantId, actorId: null, action, objectType: 'roster-import', objectId: importId, runId, after });

/** Ends what the roster no longer has, and hands the report over. Each part is skipped when an earlier attempt did it. */
async function finish(deps: ImportDeps, source: RosterSource, state: ImportState, seconds: number): Promise<ImportState> {
  const { main, scope, report } = deps;
  // Neither needs the other; both have ended when one of them fails.
  const [swept, told] = await Promise.allSettled([sweepOnce(deps, source, state, seconds), report.finish(state.counts.badRows)]);
  if (swept.status === 'rejected') throw swept.reason;
  if (told.status === 'rejected') throw told.reason;
  await completeImport(main, scope, told.value);
  return swept.value;
}

async function sweepOnce(
  { main, scope }: ImportDeps,
  { adapter, files }: RosterSource,
  state: ImportState,
  seconds: number,
): Promise<ImportState> {
  if (state.swept) return state;
  const kinds = new Set(adapter.sections.filter(({ file }) => files.has(file)).map(({ kind }) => kind));
  return inTenant(main, scope.tenantId, async (trx) => {
    const counts: RosterCounts = await sweep(trx, scope, kinds, state.counts);
    const to = { ...state, counts, seconds, swept: true };
    await moveImport(trx, scope, state, to);
    await auditBatch(trx, scope, 'roster.import', { counts });
    return to;
  });
}
