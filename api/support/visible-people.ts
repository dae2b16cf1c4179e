import type { Knex } from 'knex';
import { Enrollment } from '../../platform/models/class.ts';
import { Guardianship } from '../../platform/models/guardianship.ts';
import type { Caller } from './caller.ts';

/** Whom a caller without `read-all` may see: themselves and, as a guardian, their children. Ids of people of the caller's tenant. */
export async function ownPeople(trx: Knex.Transaction, { tenantId, personId }: Caller): Promise<string[]> {
  if (!personId) return [];
  const ties = await Guardianship.query(trx).where({ tenant_id: tenantId, guardian_id: personId, status: 'active' }).select('child_id');
  return [personId, ...ties.map(({ child_id }) => child_id)];
}

/** The classes these people are in, as a subquery. */
export const classesOf = (trx: Knex.Transaction, tenantId: string, people: readonly string[]) =>
  Enrollment.query(trx)
    .where({ tenant_id: tenantId, status: 'active' })
    .whereIn('person_id', [...people])
    .select('class_id');
