import type Stripe from 'stripe';
import { createBillingActivities } from '../../activities/billing.ts';
import { createBilling, type Billing } from '../../platform/billing.ts';
import { inPlatform } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import { createStripe } from '../../platform/stripe.ts';
import type { Sandbox } from '../../sandboxes/support/start.ts';
import type { Databases } from './database.ts';

/** A school with a customer and a trial at a stand-in for Stripe, and what its people may do there. */
export interface StripeSchool {
  readonly tenantId: string;
  readonly customerId: string;
  /** A subscription that is to be paid at once, with a card that is always declined: its invoice stays open. Resolves to the invoice. */
  owe(): Promise<Stripe.Invoice>;
  /** Gives the customer a card that works, and pays. */
  pay(invoiceId: string): Promise<Stripe.Invoice>;
}
export interface StripeSchools {
  readonly stripe: Stripe;
  readonly billing: Billing;
  make(): Promise<StripeSchool>;
}

/**
 * @param sandbox running, or filled by the time schools are made
 * @param prepare what a school needs besides its row
 */
export function stripeSchools(
  databases: Pick<Databases, 'main'>,
  sandbox: Pick<Sandbox, 'url'>,
  prepare: (tenantId: string) => Promise<unknown> = async () => undefined,
): StripeSchools {
  const stripe = createStripe({ secretKey: 'sk_test_schools', apiBase: sandbox.url });
  const billing = createBilling(stripe);

  async function make(): Promise<StripeSchool> {
    const knex = databases.main;
    const activities = createBillingActivities({ knex, billing });
    const tenantId = newId();
    const row = { id: tenantId, slug: `s-${tenantId}`, name: 'Lincoln High', region: 'eu', plan: 'school', status: 'active' } as const;
    await inPlatform(knex, async (trx) => Tenant.query(trx).insert(row));
    await prepare(tenantId);
    const { customerId } = await activities.openBilling({ tenantId, name: row.name });
    const { priceId } = await activities.ensurePrice({ plan: 'school' });
    const card = async (alias: string): Promise<string> => {
      const { id } = await stripe.paymentMethods.attach(alias, { customer: customerId });
      await stripe.customers.update(customerId, { invoice_settings: { default_payment_method: id } });
      return id;
    };
    return {
      tenantId,
      customerId,
      async owe() {
        await card('pm_card_chargeCustomerFail');
        const { latest_invoice: invoice } = await stripe.subscriptions.create({
          customer: customerId,
          items: [{ price: priceId }],
          expand: ['latest_invoice'],
        });
        if (invoice === null || typeof invoice === 'string') throw new Error('There is no invoice.');
        return invoice;
      },
      async pay(invoiceId) {
        return stripe.invoices.pay(invoiceId, { payment_method: await card('pm_card_visa') });
      },
    };
  }
  return { stripe, billing, make };
}
