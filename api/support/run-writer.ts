import { UnavailableError } from '../../domain/errors.ts';
import { createCoalescer } from '../../platform/coalesce.ts';
import { atOnceInTenant, inTenant } from '../../platform/database.ts';
import type { Sealer } from '../../platform/pii.ts';
import { SealedInput } from '../../platform/models/sealed-input.ts';
import { runStatement } from '../../platform/transaction.ts';
import { type NewRun, startStatements } from '../../platform/write-starts.ts';
import { type RequestDigest, takeKeys } from './idempotency.ts';
import type { RecordDeps } from './run-records.ts';
import { asUnavailable } from './unavailable.ts';

/** What is to be durable before Temporal is asked. */
export interface Start {
  readonly run: NewRun;
  /** The personal part of its input, to be sealed under the key of `run.sealed_input_id`. */
  readonly personal?: object | undefined;
  readonly digest?: RequestDigest | undefined;
}
/** Writes a start down: its input's key first, then all else in one transaction. False when another request took its key first. */
export type RunWriter = (start: Start) => Promise<boolean>;

/** Nobody tries again by himself then: of a transaction whose end was not heard it is not known whether it was committed. */
const isAway = (error: unknown): boolean => error instanceof UnavailableError || asUnavailable(error) !== undefined;

/**
 * Starts of a tenant that come at the same time are written together: one request to the vault, one transaction in each cluster. The
 * tenant's audit log would hold them up one behind the other anyway, each for as long as a commit takes.
 */
export function createRunWriter({ knex, keyring }: RecordDeps): RunWriter {
  const coalesced = createCoalescer<Start, boolean>({
    concernsAll: isAway,
    async work(tenantId, starts) {
      const sealed = sealInputs(await sealerOf(tenantId, starts), starts);
      const takers = starts.flatMap(({ digest, run }) => (digest ? [{ digest, runId: run.id }] : []));
      if (takers.length === 0) {
        await atOnceInTenant(knex, tenantId, startStatements(sealed));
        return starts.map(() => true);
      }
      return await inTenant(knex, tenantId, async (trx) => {
        const took = await takeKeys(trx, tenantId, takers);
        const mayStart = starts.map(({ digest, run }) => !digest || took.has(run.id));
        for (const statement of startStatements(sealed.filter((_, at) => mayStart[at]))) await runStatement(trx, statement);
        return mayStart;
      });
    },
  });
  const sealerOf = async (tenantId: string, starts: readonly Start[]): Promise<Sealer> =>
    keyring.sealerOfNew(
      tenantId,
      starts.flatMap(({ run, personal }) => (personal && run.sealed_input_id ? [run.sealed_input_id] : [])),
    );
  return (start) => coalesced(start.run.tenant_id, start);
}

const sealInputs = (sealer: Sealer, starts: readonly Start[]): { run: NewRun; sealed?: Buffer }[] =>
  starts.map(({ run, personal }) => {
    const id = run.sealed_input_id;
    if (!personal || !id) return { run };
    const place = { tenantId: run.tenant_id, table: SealedInput.tableName, column: 'sealed', rowId: id };
    return { run, sealed: sealer.seal(id, place, JSON.stringify(personal)) };
  });
