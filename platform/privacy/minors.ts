import type { Knex } from 'knex';
import { isMinor } from '../../domain/privacy/age-of-consent.ts';
import type { Keyring } from '../keyring.ts';
import { Person } from '../models/person.ts';
import { TenantSettings } from '../models/tenant.ts';
import { openRow } from '../pii.ts';
import type { Who } from './consents.ts';

const { date_of_birth } = Person.pii;

/**
 * Whether somebody else has to consent for a person, by their sealed birth date and their school's country, today. Undefined when there is
 * no such person. One whose key is gone has no birth date any more.
 */
export async function isMinorNow(
  {
    keyring,
    read,
  }: { readonly keyring: Pick<Keyring, 'sealer'>; readonly read: <T>(work: (trx: Knex.Transaction) => Promise<T>) => Promise<T> },
  { tenantId, personId }: Who,
  today = new Date(),
): Promise<boolean | undefined> {
  const { person, settings } = await read(async (trx) => ({
    person: await Person.query(trx).findOne({ tenant_id: tenantId, id: personId }).select('id', 'roles', 'date_of_birth'),
    settings: await TenantSettings.query(trx).findById(tenantId).select('country'),
  }));
  if (!person) return undefined;
  const { roles } = person;
  const sealer = await keyring.sealer(tenantId, [personId]);
  const place = { table: Person.tableName, tenantId, subjectId: personId, rowId: personId };
  const opened = sealer.has(personId) ? openRow(sealer, { date_of_birth }, place, person) : {};
  return isMinor({ dateOfBirth: opened.date_of_birth ?? null, roles }, settings?.country, today.toISOString().slice(0, 10));
}
