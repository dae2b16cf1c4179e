import type Stripe from 'stripe';
import { stripeCall, unless } from '../stripe.ts';

export type CustomerDetailsStripe = {
  readonly customers: Pick<Stripe['customers'], 'retrieve' | 'update' | 'del' | 'list' | 'listPaymentMethods'>;
  readonly paymentMethods: Pick<Stripe['paymentMethods'], 'update' | 'retrieve'>;
};
/** Whether a value at Stripe is the person's. */
export type Theirs = (value: string | null | undefined) => boolean;

/** An object at Stripe and which of its fields name the person. */
export interface NamingFields {
  readonly id: string;
  readonly fields: readonly ('email' | 'name' | 'phone' | 'address')[];
}
type Details = Pick<Stripe.PaymentMethod.BillingDetails, 'email' | 'name' | 'phone'> & { readonly address?: Stripe.Address | null };

const linesOf = ({ address }: Details): (string | null | undefined)[] => [address?.line1, address?.line2];
function namingFields(id: string, details: Details, theirs: Theirs): NamingFields[] {
  const fields = (['email', 'name', 'phone'] as const).filter((field) => theirs(details[field]));
  const named = linesOf(details).some(theirs) ? [...fields, 'address' as const] : fields;
  return named.length > 0 ? [{ id, fields: named }] : [];
}
const cleared = (fields: NamingFields['fields']): Record<string, ''> => Object.fromEntries(fields.map((field) => [field, '' as const]));

/** What people typed at Stripe when they paid for a school: found by value, and cleared. Invoices keep what the law wants kept. */
export const customerDetailsOf = (stripe: CustomerDetailsStripe) => ({
  /** The school's customer, when its own fields name the person. */
  async customerNaming(customerId: string, theirs: Theirs): Promise<NamingFields[]> {
    const customer = await stripeCall(stripe.customers.retrieve(customerId).catch(unless('resource_missing')));
    if (!customer || customer.deleted) return [];
    const { email, name = null, phone = null, address = null } = customer;
    return namingFields(customerId, { email, name: name ?? null, phone: phone ?? null, address: address ?? null }, theirs);
  },
  /** Its cards whose billing details name the person. */
  async cardsNaming(customerId: string, theirs: Theirs): Promise<NamingFields[]> {
    const customer = await stripeCall(stripe.customers.retrieve(customerId).catch(unless('resource_missing')));
    if (!customer || customer.deleted) return [];
    const found: NamingFields[] = [];
    await stripeCall(
      (async () => {
        for await (const { id, billing_details: details } of stripe.customers.listPaymentMethods(customerId, { limit: 100 }))
          found.push(...namingFields(id, details, theirs));
      })(),
    );
    return found;
  },
  /** Customers beside the school's that were made for this person alone. */
  async ownCustomers(tenantId: string, personId: string, emails: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    for (const email of emails)
      await stripeCall(
        (async () => {
          for await (const { id, metadata } of stripe.customers.list({ email, limit: 100 }))
            if (metadata['tenant_id'] === tenantId && metadata['person_id'] === personId) found.push(id);
        })(),
      );
    return found;
  },
  /** Idempotent. `name`: what the customer is called instead. */
  async clearCustomer({ id, fields }: NamingFields, name: string): Promise<void> {
    await stripeCall(stripe.customers.update(id, { ...cleared(fields), ...(fields.includes('name') ? { name } : {}) }));
  },
  /** Idempotent. */
  async clearCard({ id, fields }: NamingFields): Promise<void> {
    await stripeCall(stripe.paymentMethods.update(id, { billing_details: cleared(fields) }));
  },
  /** Whether a customer is still there. */
  async hasCustomer(id: string): Promise<boolean> {
    const customer = await stripeCall(stripe.customers.retrieve(id).catch(unless('resource_missing')));
    return customer !== undefined && !customer.deleted;
  },
});
