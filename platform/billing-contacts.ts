import type { Knex } from 'knex';
import { inTenant } from './database.ts';
import { isMailAddress, loginOf } from './identity/password-reset.ts';
import type { Keyring } from './keyring.ts';
import { Account } from './models/account.ts';
import { Membership } from './models/membership.ts';
import { Person } from './models/person.ts';
import { openRow } from './pii.ts';

const roles = ['billing', 'tenant_admin'] as const;
/** More than these nobody writes to, one after the other. */
const mostContacts = 20;

/**
 * Ids of those who are written to about money, in order: who has to do with billing, then the administrators. A membership's id, or a
 * person's who has not accepted the invitation yet.
 */
export async function billingContacts(trx: Knex.Transaction, tenantId: string): Promise<string[]> {
  const members = await Membership.query(trx)
    .where({ tenant_id: tenantId, status: 'active' })
    .whereIn('role', [...roles])
    .orderBy('id')
    .limit(mostContacts)
    .select('id', 'role', 'person_id');
  const people = await Person.query(trx)
    .where({ tenant_id: tenantId })
    .whereRaw('roles && ?::text[]', [[...roles]])
    .whereNotNull('email')
    .orderBy('id')
    .limit(mostContacts)
    .select('id', 'roles');
  const known = new Set(members.map(({ person_id: personId }) => personId));
  const invited = people.filter(({ id }) => !known.has(id));
  const contacts = roles.flatMap((role) => [
    ...members.filter((member) => member.role === role),
    ...invited.filter((person) => person.roles.includes(role)),
  ]);
  return [...new Set(contacts.map(({ id }) => id))].slice(0, mostContacts);
}

/** Where a contact is written to: personal data in clear, so never stored, logged or returned from an activity. */
export interface OpenedContact {
  readonly email: string;
  readonly name?: string;
  /** BCP 47; absent when nobody has said. */
  readonly locale?: string;
}
export interface ContactDeps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer'>;
}

/** Undefined when no mail can reach the contact: gone, erased, restricted, or without an address. */
export async function openContact({ knex, keyring }: ContactDeps, tenantId: string, id: string): Promise<OpenedContact | undefined> {
  const { member, person } = await inTenant(knex, tenantId, async (trx) => {
    const member = await Membership.query(trx).findOne({ tenant_id: tenantId, id, status: 'active' });
    const personId = member ? member.person_id : id;
    const person = personId ? await Person.query(trx).findOne({ tenant_id: tenantId, id: personId }) : undefined;
    return { member, person };
  });
  if (person?.restricted_by) return undefined;
  const opened = person && (await openPerson(keyring, person));
  if (opened) return opened;
  const account = member && (await Account.query(knex).findById(member.account_id));
  const login = account && (await loginOf(keyring, account));
  return account && login && isMailAddress(login) ? { email: login, ...(account.locale ? { locale: account.locale } : {}) } : undefined;
}

async function openPerson(keyring: Pick<Keyring, 'sealer'>, person: Person): Promise<OpenedContact | undefined> {
  const { id, tenant_id: tenantId, email, display_name: name, locale } = person;
  const sealer = await keyring.sealer(tenantId, [id]);
  if (!sealer.has(id)) return undefined;
  const place = { table: Person.tableName, tenantId, subjectId: id, rowId: id };
  const columns = { email: Person.pii.email, display_name: Person.pii.display_name };
  const opened = openRow(sealer, columns, place, { email, display_name: name });
  if (!opened.email || !isMailAddress(opened.email)) return undefined;
  return { email: opened.email, ...(opened.display_name ? { name: opened.display_name } : {}), ...(locale ? { locale } : {}) };
}
