import type { Knex } from 'knex';
import { atOnceInTenant } from './database.ts';
import { isMailAddress, loginOf } from './identity/password-reset.ts';
import type { Keyring } from './keyring.ts';
import { Account } from './models/account.ts';
import { Person } from './models/person.ts';
import { openRow } from './pii.ts';
import type { Statement } from './transaction.ts';

const roles = ['billing', 'tenant_admin'] as const;
/** More than these nobody writes to, one after the other. */
const mostContacts = 20;

interface Candidate {
  readonly id: string;
  readonly roles: readonly string[];
  /** Of a member: who they are. */
  readonly person_id: string | null;
  readonly member: boolean;
}
const contactsSql = `
  (select id, array[role] as roles, person_id, true as member from memberships
    where tenant_id = $1 and status = 'active' and role = any($2::text[]) order by id limit $3)
  union all
  (select id, roles, null, false from people
    where tenant_id = $1 and roles && $2::text[] and email is not null order by id limit $3)`;

/** Reads who may be written to about money. Its rows are for `contactsIn`. */
export const contactsStatement = (tenantId: string): Statement => ({
  text: contactsSql,
  values: [tenantId, roles, mostContacts],
  name: 'billing contacts',
});

/**
 * Ids of those who are written to about money, in order: who has to do with billing, then the administrators. A membership's id, or a
 * person's who has not accepted the invitation yet.
 */
export function contactsIn(rows: readonly unknown[]): string[] {
  const candidates = rows as readonly Candidate[];
  const members = candidates.filter(({ member }) => member);
  const known = new Set(members.map(({ person_id: personId }) => personId));
  const invited = candidates.filter(({ id, member }) => !member && !known.has(id));
  const contacts = roles.flatMap((role) => [...members, ...invited].filter((candidate) => candidate.roles.includes(role)));
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

/** The person behind a contact, and the account of one who is a member. */
type ContactRow = Sealed & {
  readonly account_id: string | null;
  readonly person_id: string | null;
  readonly restricted_by?: string | null;
};
type Sealed = Pick<Person, 'email' | 'display_name' | 'locale'>;

const contactSql = `
  select members.account_id, people.id as person_id, people.email, people.display_name, people.locale, people.restricted_by
  from (select $1::uuid as tenant_id, $2::uuid as id) as wanted
  left join memberships as members on members.tenant_id = wanted.tenant_id and members.id = wanted.id and members.status = 'active'
  left join people on people.tenant_id = wanted.tenant_id
    and people.id = case when members.id is null then wanted.id else members.person_id end`;

const contactStatement = (tenantId: string, id: string): Statement => ({
  text: contactSql,
  values: [tenantId, id],
  name: 'billing contact',
});

/** Undefined when no mail can reach the contact: gone, erased, restricted, or without an address. */
export async function openContact({ knex, keyring }: ContactDeps, tenantId: string, id: string): Promise<OpenedContact | undefined> {
  const [rows = []] = await atOnceInTenant(knex, tenantId, [contactStatement(tenantId, id)]);
  const [{ account_id: accountId, person_id: personId, restricted_by: restricted, ...person } = nobody] = rows as ContactRow[];
  if (restricted) return undefined;
  const opened = personId ? await openPerson(keyring, tenantId, personId, person) : undefined;
  if (opened) return opened;
  const account = accountId ? await Account.query(knex).findById(accountId) : undefined;
  const login = account && (await loginOf(keyring, account));
  return account && login && isMailAddress(login) ? { email: login, ...(account.locale ? { locale: account.locale } : {}) } : undefined;
}

const nobody: ContactRow = { account_id: null, person_id: null, email: null, display_name: null, locale: null };

async function openPerson(
  keyring: Pick<Keyring, 'sealer'>,
  tenantId: string,
  id: string,
  { email, display_name: name, locale }: Sealed,
): Promise<OpenedContact | undefined> {
  const sealer = await keyring.sealer(tenantId, [id]);
  if (!sealer.has(id)) return undefined;
  const place = { table: Person.tableName, tenantId, subjectId: id, rowId: id };
  const columns = { email: Person.pii.email, display_name: Person.pii.display_name };
  const opened = openRow(sealer, columns, place, { email, display_name: name });
  if (!opened.email || !isMailAddress(opened.email)) return undefined;
  return { email: opened.email, ...(opened.display_name ? { name: opened.display_name } : {}), ...(locale ? { locale } : {}) };
}
