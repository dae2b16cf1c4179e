import type { Knex } from 'knex';
import type { BlindIndex } from '../../platform/blind-index.ts';
import type { Keyring } from '../../platform/keyring.ts';
import type { Batch } from '../../platform/roster/read-batches.ts';
import {
  peopleOfEnrollments,
  peopleOfGuardianships,
  writeClasses,
  writeEnrollments,
  writeGuardianships,
  writeOrgUnits,
  type Written,
} from '../../platform/roster/write-places.ts';
import { preparePeople, writePeople } from '../../platform/roster/write-people.ts';

/** A batch with everything from the keyring that writing it needs. */
export interface PreparedBatch {
  write(trx: Knex.Transaction): Promise<Written>;
  /** What is left to do in the keyring when the batch is written. Safe to repeat. */
  settle(): Promise<void>;
}
export type Preparer = (batch: Batch) => Promise<PreparedBatch>;

export interface PreparerDeps {
  readonly tenantId: string;
  readonly importId: string;
  readonly index: BlindIndex;
  readonly keyring: Pick<Keyring, 'createSubjectKeys' | 'sealer'>;
}
const settled = async (): Promise<void> => undefined;

export const createPreparer =
  (deps: PreparerDeps): Preparer =>
  async (batch) => {
    const { index } = deps;
    if (isOf(batch, 'people')) return people(deps, batch);
    if (isOf(batch, 'enrollments')) {
      const known = await peopleOfEnrollments(index, batch.reads);
      return { write: (trx) => writeEnrollments(trx, deps, batch, known), settle: settled };
    }
    if (isOf(batch, 'guardianships')) {
      const known = await peopleOfGuardianships(index, batch.reads);
      return { write: (trx) => writeGuardianships(trx, deps, batch, known), settle: settled };
    }
    if (isOf(batch, 'classes')) return { write: (trx) => writeClasses(trx, deps, batch), settle: settled };
    return { write: (trx) => writeOrgUnits(trx, deps, batch as Batch<'orgUnits'>), settle: settled };
  };

const isOf = <K extends Batch['kind']>(batch: Batch, kind: K): batch is Batch<K> => batch.kind === kind;

async function people(deps: PreparerDeps, { reads, keep }: Batch<'people'>): Promise<PreparedBatch> {
  const prepared = await preparePeople(
    deps,
    reads.map(({ record }) => record),
    keep,
  );
  return {
    write: async (trx) => ({ delta: await writePeople(trx, deps, prepared), bad: [] }),
    settle: () =>
      deps.index.setDigests(
        'roster-person',
        prepared.changed.map(({ hmac, digest }) => ({ hmac, sourceDigest: digest })),
      ),
  };
}
