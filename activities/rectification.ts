import type { Knex } from 'knex';
import { KeyDestroyedError, NotFoundError } from '../domain/errors.ts';
import { type Corrections, rectifiable, type RectifiableColumn, type RectifiableField } from '../domain/privacy/rectifiable.ts';
import type { RunContext } from '../domain/run.ts';
import { audit } from '../platform/audit.ts';
import type { BlindIndex } from '../platform/blind-index.ts';
import { inTenant } from '../platform/database.ts';
import type { Keyring } from '../platform/keyring.ts';
import { Person } from '../platform/models/person.ts';
import { sealRow } from '../platform/pii.ts';
import { openInput } from './account.ts';

export interface RectificationDeps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer'> & { blindIndex(tenantId: string): Promise<Pick<BlindIndex, 'hmac' | 'replace'>> };
}
/** The school is the run's. */
interface OfPerson {
  readonly run: RunContext;
  readonly personId: string;
}
type Values = Partial<Record<RectifiableColumn, string | null>>;

/** Columns by which somebody may be looked up, and the kind of look-up. */
const indexed = { email: 'email', username: 'username' } as const satisfies Partial<Record<RectifiableColumn, string>>;

export const createRectificationActivities = ({ knex, keyring }: RectificationDeps) => {
  const valuesOf = async (run: RunContext): Promise<Values> => {
    const { corrections } = await openInput<{ corrections: Corrections }>({ knex, keyring }, run);
    const given = Object.entries(corrections) as [RectifiableField, string | null][];
    return Object.fromEntries(given.map(([field, value]) => [rectifiable[field], value]));
  };

  return {
    /**
     * Safe to retry: the row says which run corrected it last. Opens the sealed input here, and resolves to the places, not the values.
     * Throws NotFoundError, or KeyDestroyedError for who was erased.
     */
    async rectifyPerson({ run, personId }: OfPerson): Promise<{ readonly corrected: readonly string[] }> {
      const { tenantId } = run;
      const values = await valuesOf(run);
      const sealer = await keyring.sealer(tenantId, [personId]);
      const there = await inTenant(knex, tenantId, async (trx) =>
        Person.query(trx).findOne({ tenant_id: tenantId, id: personId }).select('id'),
      );
      if (!there) throw new NotFoundError('person');
      if (!sealer.has(personId)) throw new KeyDestroyedError(personId);
      const place = { table: Person.tableName, tenantId, subjectId: personId, rowId: personId };
      await writeCorrections(knex, { run, personId }, sealRow(sealer, Person.pii, place, values));
      return { corrected: Object.keys(values).map((column) => `${Person.tableName}.${column}`) };
    },
    /** Safe to retry: it comes to the same. Resolves to the kinds of look-up in which the person stood, and now stands by the new value. */
    async rectifyIndexes({ run, personId }: OfPerson): Promise<{ readonly indexes: readonly string[] }> {
      const values = await valuesOf(run);
      const index = await keyring.blindIndex(run.tenantId);
      const indexes: string[] = [];
      for (const [column, purpose] of Object.entries(indexed) as [keyof typeof indexed, 'email' | 'username'][]) {
        const value = values[column];
        if (value === undefined) continue;
        if (await index.replace(purpose, personId, value === null ? null : index.hmac(purpose, value))) indexes.push(purpose);
      }
      return { indexes };
    },
  };
};
export type RectificationActivities = ReturnType<typeof createRectificationActivities>;

async function writeCorrections(
  knex: Knex,
  { run: { tenantId, startedBy: actorId, requestId, runId }, personId }: OfPerson,
  sealed: Partial<Record<RectifiableColumn, Buffer | null>>,
): Promise<void> {
  await inTenant(knex, tenantId, async (trx) => {
    const person = await Person.query(trx).findOne({ tenant_id: tenantId, id: personId }).forUpdate();
    if (!person) throw new NotFoundError('person');
    if (person.rectified_by === runId) return;
    const columns = Object.keys(sealed);
    const fields = [...new Set([...person.rectified_fields, ...columns])].sort((a, b) => a.localeCompare(b, 'en'));
    await Person.query(trx)
      .where({ tenant_id: tenantId, id: personId })
      .patch({ ...sealed, rectified_fields: fields, rectified_by: runId });
    const act = { action: 'person.rectify', objectType: 'person', objectId: personId };
    await audit(trx, {
      tenantId,
      actorId,
      requestId,
      runId,
      ...act,
      before: { rectified: person.rectified_fields },
      after: { rectified: fields },
    });
  });
}
