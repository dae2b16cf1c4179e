import type { Knex } from 'knex';
import { NotFoundError } from '../domain/errors.ts';
import type { restrictionReasons } from '../domain/privacy/rectifiable.ts';
import type { RunContext } from '../domain/run.ts';
import { audit } from '../platform/audit.ts';
import type { BlindIndex } from '../platform/blind-index.ts';
import { inTenant } from '../platform/database.ts';
import { Person } from '../platform/models/person.ts';

export interface RestrictionDeps {
  readonly knex: Knex;
  readonly keyring: { blindIndex(tenantId: string): Promise<Pick<BlindIndex, 'forgetDigests'>> };
}
/** The school is the run's. */
interface OfPerson {
  readonly run: RunContext;
  readonly personId: string;
}

const actOf = ({ run: { tenantId, startedBy: actorId, requestId, runId }, personId }: OfPerson) =>
  ({ tenantId, actorId, requestId, runId, objectType: 'person', objectId: personId }) as const;

export const createRestrictionActivities = ({ knex, keyring }: RestrictionDeps) => ({
  /** Safe to retry: the row says which run restricts it. Throws NotFoundError. */
  async restrictPerson(of: OfPerson & { readonly reason: (typeof restrictionReasons)[number] }): Promise<void> {
    const { run, personId, reason } = of;
    const key = { tenant_id: run.tenantId, id: personId };
    await inTenant(knex, run.tenantId, async (trx) => {
      const person = await Person.query(trx).findOne(key).select('restricted_by').forUpdate();
      if (!person) throw new NotFoundError('person');
      if (person.restricted_by === run.runId) return;
      await Person.query(trx).where(key).patch({ restricted_by: run.runId, restricted_at: new Date() });
      await audit(trx, { ...actOf(of), action: 'person.restrict', after: { reason } });
    });
  },
  /**
   * Safe to retry, and when nothing is restricted, or there is no such person any more. What rosters brought meanwhile was not taken: the
   * next one is, since it is forgotten that this one was read.
   */
  async liftRestriction(of: OfPerson): Promise<void> {
    const { run, personId } = of;
    await inTenant(knex, run.tenantId, async (trx) => {
      const mine = Person.query(trx).where({ tenant_id: run.tenantId, id: personId, restricted_by: run.runId });
      if ((await mine.patch({ restricted_by: null, restricted_at: null })) === 0) return;
      await audit(trx, { ...actOf(of), action: 'person.lift-restriction' });
    });
    await (await keyring.blindIndex(run.tenantId)).forgetDigests('roster-person', personId);
  },
});
export type RestrictionActivities = ReturnType<typeof createRestrictionActivities>;
