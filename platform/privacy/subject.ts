import type { Knex } from 'knex';
import { inTenant } from '../database.ts';
import { Membership } from '../models/membership.ts';
import { Person } from '../models/person.ts';

/** Whose data it is. Ids only: it travels in payloads. */
export interface Subject {
  readonly tenantId: string;
  readonly personId: string;
  /** The account that is theirs. */
  readonly accountId?: string;
}

/** Undefined when there never was such a person in this school. */
export const findSubject = (main: Knex, tenantId: string, personId: string): Promise<Subject | undefined> =>
  inTenant(main, tenantId, async (trx) => {
    const person = await Person.query(trx).findOne({ tenant_id: tenantId, id: personId });
    if (!person) return undefined;
    const membership = await Membership.query(trx).findOne({ tenant_id: tenantId, person_id: personId });
    return { tenantId, personId, ...(membership ? { accountId: membership.account_id } : {}) };
  });
