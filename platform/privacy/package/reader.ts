import type { Knex } from 'knex';
import { inTenant } from '../../database.ts';
import { Account } from '../../models/account.ts';
import { Person } from '../../models/person.ts';
import { Tenant } from '../../models/tenant.ts';
import type { Subject } from '../subject.ts';
import type { Reader } from './page.ts';

/** How the person reads dates: as they have said, else as their school does. */
export async function readerOf(knex: Knex, { tenantId, personId, accountId }: Subject): Promise<Reader> {
  const [tenant, person] = await inTenant(knex, tenantId, async (trx) => [
    await Tenant.query(trx).findById(tenantId).throwIfNotFound(),
    await Person.query(trx).findOne({ tenant_id: tenantId, id: personId }),
  ]);
  const account = accountId ? await Account.query(knex).findById(accountId) : undefined;
  const locale = person?.locale ?? account?.locale ?? tenant.locale;
  return { locale: known(locale) ? locale : 'en', timeZone: account?.time_zone ?? tenant.time_zone, schoolName: tenant.name };
}

/** A roster may call anything a language. */
function known(locale: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(locale).length > 0;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
