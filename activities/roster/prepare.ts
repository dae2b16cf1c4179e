import type { Knex } from 'knex';
import type { BlindIndex } from '../../platform/blind-index.ts';
import type { Keyring } from '../../platform/keyring.ts';
import type { KnownIds } from '../../platform/roster/known-ids.ts';
import type { Batch } from '../../platform/roster/read-batches.ts';
import { referredPeople } from '../../platform/roster/referred-people.ts';
import { writeClasses, writeEnrollments, writeGuardianships, writeOrgUnits, type Written } from '../../platform/roster/write-places.ts';
import { type PreparedPeople, preparePeople, writePeople } from '../../platform/roster/write-people.ts';

/** A batch with everything from the keyring that writing it needs. */
export interface PreparedBatch {
  write(trx: Knex.Transaction): Promise<Written>;
  /** What is left to do in the keyring when the batch is written. Safe to repeat. */
  settle(): Promise<void>;
}
export type Preparer = ReturnType<typeof createPreparer>;

export interface PreparerDeps {
  readonly tenantId: string;
  readonly importId: string;
  readonly index: BlindIndex;
  readonly keyring: Pick<Keyring, 'createSubjectKeys' | 'sealer'>;
  readonly known: KnownIds;
}
const settled = async (): Promise<void> => undefined;
const isOf = <K extends Batch['kind']>(batch: Batch, kind: K): batch is Batch<K> => batch.kind === kind;

export function createPreparer(deps: PreparerDeps) {
  const { index, known } = deps;
  const preparedPeople = ({ reads, keep }: Batch<'people'>): Promise<PreparedPeople> =>
    preparePeople(
      deps,
      reads.map(({ record }) => record),
      keep,
    );
  const settle = ({ changed }: PreparedPeople): Promise<void> =>
    index.setDigests(
      'roster-person',
      changed.map(({ hmac, digest }) => ({ hmac, sourceDigest: digest })),
    );

  async function people(batch: Batch<'people'>): Promise<PreparedBatch> {
    const prepared = await preparedPeople(batch);
    // Before they are written, since rows that refer to them are prepared meanwhile; those rows are written later.
    for (const { id, record } of [...prepared.changed, ...prepared.unchanged]) known.note('people', record.sourceId, id);
    const write = async (trx: Knex.Transaction): Promise<Written> => {
      const { delta, refused } = await writePeople(trx, deps, prepared);
      for (const id of refused) known.unwritten.add(id);
      return { delta, bad: [] };
    };
    return { write, settle: () => settle(prepared) };
  }

  return {
    /** Does what a batch needs in the keyring before it can be written. Safe to repeat. */
    async prepare(batch: Batch): Promise<PreparedBatch> {
      if (isOf(batch, 'people')) return people(batch);
      if (isOf(batch, 'enrollments')) {
        const referred = await referredPeople(
          deps,
          batch.reads.map(({ record }) => record.personSourceId),
        );
        return { write: (trx) => writeEnrollments(trx, deps, batch, referred), settle: settled };
      }
      if (isOf(batch, 'guardianships')) {
        const referred = await referredPeople(
          deps,
          batch.reads.flatMap(({ record }) => [record.guardianSourceId, record.childSourceId]),
        );
        return { write: (trx) => writeGuardianships(trx, deps, batch, referred), settle: settled };
      }
      if (isOf(batch, 'classes')) return { write: (trx) => writeClasses(trx, deps, batch), settle: settled };
      return { write: (trx) => writeOrgUnits(trx, deps, batch as Batch<'orgUnits'>), settle: settled };
    },
    /** For a batch that an earlier attempt wrote: what it may have left to do in the keyring. */
    async settleAgain(batch: Batch): Promise<void> {
      if (isOf(batch, 'people')) await settle(await preparedPeople(batch));
    },
  };
}
