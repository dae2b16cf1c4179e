import { z } from 'zod';
import { platformTenantId } from '../../../domain/roles.ts';
import { inTenant } from '../../database.ts';
import { Account } from '../../models/account.ts';
import { Person } from '../../models/person.ts';
import { Tenant } from '../../models/tenant.ts';
import { openRow } from '../../pii.ts';
import { type Asked, type Collector, recordKind } from '../collector.ts';

const caseless = (text: string | null | undefined): string => (text ?? '').trim().toLowerCase();

/** The addresses that are known to be the person's: their own and their account's. */
async function addressesOf({ knex, keyring, subject }: Asked): Promise<ReadonlySet<string>> {
  const { tenantId, personId, accountId } = subject;
  const person = await inTenant(knex, tenantId, async (trx) => Person.query(trx).findOne({ tenant_id: tenantId, id: personId }));
  const account = accountId ? await Account.query(knex).findById(accountId) : undefined;
  const at = (table: string, tenant: string, subjectId: string) => ({ table, tenantId: tenant, subjectId, rowId: subjectId });
  const own = await keyring.sealer(tenantId, [personId]);
  const { email } = person ? openRow(own, { email: Person.pii.email }, at(Person.tableName, tenantId, personId), person) : {};
  const theirs = await keyring.sealer(platformTenantId, accountId ? [accountId] : []);
  const { login } =
    account && theirs.has(account.id) ? openRow(theirs, Account.pii, at(Account.tableName, platformTenantId, account.id), account) : {};
  return new Set([caseless(email), caseless(login)].filter((address) => address !== ''));
}

export const stripe: Collector = {
  place: 'stripe',
  tables: [],
  kinds: [
    recordKind({
      name: 'billing-contact',
      title: 'You, as the school’s billing contact',
      about: 'What our payment service knows of you when the school’s bills go to your address.',
      schema: z.object({ name: z.string().nullable(), email: z.string(), phone: z.string().nullable() }),
      async *read(asked) {
        const { knex, billing, subject } = asked;
        const tenant = await inTenant(knex, subject.tenantId, async (trx) => Tenant.query(trx).findById(subject.tenantId));
        const contact = tenant?.stripe_customer_id ? await billing.readContact(tenant.stripe_customer_id) : undefined;
        if (!contact?.email || !(await addressesOf(asked)).has(caseless(contact.email))) return;
        yield { name: contact.name, email: contact.email, phone: contact.phone };
      },
    }),
  ],
};
