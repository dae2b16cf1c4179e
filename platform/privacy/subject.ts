import type { Knex } from 'knex';
import { asAccount, inTenant } from '../database.ts';
import { ErasedSubject, PrivacyRequest } from '../models/privacy-request.ts';
import { Membership } from '../models/membership.ts';
import { Person } from '../models/person.ts';

/** Whose data it is. Ids only: it travels in payloads. */
export interface Subject {
  readonly tenantId: string;
  readonly personId: string;
  /** The account that is theirs. Whether it ends with them is asked when it matters (`endsWith`): another school may let them go meanwhile. */
  readonly accountId?: string;
  /** RFC 3339: what came to the school later is no part of the request (files, inputs). */
  readonly asOf?: string;
}

/** Undefined when there never was such a person in this school. One that is half erased is found by what an earlier request knew. */
export const findSubject = (main: Knex, tenantId: string, personId: string): Promise<Subject | undefined> =>
  inTenant(main, tenantId, async (trx) => {
    const person = await Person.query(trx).findOne({ tenant_id: tenantId, id: personId });
    const ledger = await ErasedSubject.query(trx).findOne({ tenant_id: tenantId, subject_id: personId });
    if (!person && !ledger) return undefined;
    const membership = await Membership.query(trx).findOne({ tenant_id: tenantId, person_id: personId });
    const before = await PrivacyRequest.query(trx)
      .where({ tenant_id: tenantId, subject_id: personId })
      .whereNotNull('account_id')
      .orderBy('id', 'desc')
      .first();
    const accountId = membership?.account_id ?? before?.account_id ?? undefined;
    return { tenantId, personId, ...(accountId ? { accountId } : {}) };
  });

/** Whether the account is nobody else's: all its memberships, at whatever school, are this person's. */
export async function endsWith(main: Knex, { tenantId, personId, accountId }: Subject): Promise<boolean> {
  if (!accountId) return false;
  const rows = await asAccount(main, accountId, async (trx) => Membership.query(trx).where({ account_id: accountId }));
  return rows.every((row) => row.tenant_id === tenantId && row.person_id === personId);
}
