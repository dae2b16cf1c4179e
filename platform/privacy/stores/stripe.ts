import type { Knex } from 'knex';
import type { Billing } from '../../billing.ts';
import type { NamingFields } from '../../billing/customer-details.ts';
import { inTenant } from '../../database.ts';
import type { Keyring } from '../../keyring.ts';
import { Tenant } from '../../models/tenant.ts';
import { erasedMatcher } from '../digests.ts';
import { type ErasableStore, noteRefs, refsOf } from '../store.ts';
import type { Subject } from '../subject.ts';
import { isTheirs, termsOf } from '../terms.ts';

interface Deps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer' | 'blindIndex'>;
  readonly billing: Pick<
    Billing,
    'customerNaming' | 'cardsNaming' | 'ownCustomers' | 'clearCustomer' | 'clearCard' | 'hasCustomer' | 'deleteCustomer'
  >;
}
interface Found {
  readonly customers: readonly NamingFields[];
  readonly cards: readonly NamingFields[];
  /** Customers that are the person's alone. */
  readonly own: readonly string[];
}

/** What the person typed at Stripe when they paid for the school. Invoices, which the law wants kept, name the school by its id. */
export function stripeStore({ knex, keyring, billing }: Deps): ErasableStore {
  const schoolOf = ({ tenantId }: Subject): Promise<Tenant | undefined> =>
    inTenant(knex, tenantId, async (trx) => Tenant.query(trx).findById(tenantId));

  async function find(subject: Subject): Promise<Found> {
    const school = await schoolOf(subject);
    const terms = await termsOf({ knex, keyring }, subject);
    const erased = await erasedMatcher(keyring, subject.tenantId);
    const customerId = school?.stripe_customer_id;
    const theirs = (value: string | null | undefined): boolean => value !== school?.name && (isTheirs(terms, value) || erased.has(value));
    const noted = await refsOf(knex, subject, 'stripe');
    const known = await Promise.all(noted.map(async (id) => ((await billing.hasCustomer(id)) ? [id] : [])));
    return {
      customers: customerId ? await billing.customerNaming(customerId, theirs) : [],
      cards: customerId ? await billing.cardsNaming(customerId, theirs) : [],
      own: [...new Set([...known.flat(), ...(await billing.ownCustomers(subject.tenantId, subject.personId, terms.emails))])],
    };
  }
  const countsOf = ({ customers, cards, own }: Found) => ({
    customer_fields: customers.reduce((sum, { fields }) => sum + fields.length, 0),
    payment_methods: cards.length,
    customers: own.length,
  });

  return {
    place: 'stripe',
    count: async (subject) => countsOf(await find(subject)),
    async erase(subject, requestId) {
      const [found, school] = [await find(subject), await schoolOf(subject)];
      if (found.own.length > 0) await noteRefs(knex, subject, requestId, 'stripe', found.own);
      for (const card of found.cards) await billing.clearCard(card);
      for (const customer of found.customers) await billing.clearCustomer(customer, school?.name ?? '');
      for (const id of found.own) await billing.deleteCustomer(id);
      return { counts: countsOf(found) };
    },
  };
}
