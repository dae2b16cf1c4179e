import type { Knex } from 'knex';
import { createBillingActivities } from '../../activities/billing.ts';
import { type Billing, createBilling } from '../../platform/billing.ts';
import { mirrorInvoice } from '../../platform/billing-mirror.ts';
import { inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { Payment } from '../../platform/models/payment.ts';
import { Person } from '../../platform/models/person.ts';
import { createStripe } from '../../platform/stripe.ts';

export interface Bill {
  /** The platform's ids. */
  readonly invoiceId: string;
  readonly paymentId: string;
  readonly stripeInvoiceId: string;
}
export interface BilledSchool {
  readonly tenantId: string;
  readonly customerId: string;
  /** A bill beside the subscription's, finalised; paid by the school's card unless told otherwise, and mirrored. */
  bill(amountMinor: number, as?: keyof typeof cards | 'open'): Promise<Bill>;
}
/** What becomes of the charge. */
const cards = { paid: 'pm_card_visa', declined: 'pm_card_chargeCustomerFail', disputed: 'pm_card_createDispute' } as const;

export const billingAt = (url: string): Billing => createBilling(createStripe({ secretKey: 'sk_test_everyday', apiBase: url }));

/** Opens billing for a school that is there: a customer with a card, and a trial of a plan. */
export async function billSchool(main: Knex, url: string, tenantId: string, plan = 'school'): Promise<BilledSchool> {
  const stripe = createStripe({ secretKey: 'sk_test_everyday', apiBase: url });
  const billing = createBilling(stripe);
  const activities = createBillingActivities({ knex: main, billing, underWayMs: 50 });
  const { customerId } = await activities.openBilling({ tenantId, name: 'Lincoln High' });
  await activities.startSubscription({ tenantId, customerId, plan, ...(await activities.ensurePrice({ plan })) });
  const useCard = async (card: string): Promise<void> => {
    const { id } = await stripe.paymentMethods.attach(card, { customer: customerId });
    await stripe.customers.update(customerId, { invoice_settings: { default_payment_method: id } });
  };
  await useCard(cards.paid);
  return {
    tenantId,
    customerId,
    async bill(amountMinor, as = 'paid') {
      if (as !== 'open' && as !== 'paid') await useCard(cards[as]);
      const { id } = await stripe.invoices.create({ customer: customerId, auto_advance: false });
      await stripe.invoiceItems.create({ customer: customerId, invoice: id, amount: amountMinor, currency: 'usd' });
      await stripe.invoices.finalizeInvoice(id, { auto_advance: false });
      if (as === 'paid' || as === 'disputed') await stripe.invoices.pay(id);
      if (as === 'declined') await stripe.invoices.pay(id).catch(() => undefined);
      const read = await billing.readInvoice(id);
      if (!read) throw new Error('The bill that was made is not there.');
      const { invoiceId } = await mirrorInvoice(main, tenantId, read);
      const payment = await inTenant(main, tenantId, async (trx) =>
        Payment.query(trx).findOne({ tenant_id: tenantId, invoice_id: invoiceId }),
      );
      return { invoiceId, paymentId: payment?.id ?? '', stripeInvoiceId: id };
    },
  };
}

/** So many active students, of whom nothing is known but that. */
export const addStudents = (main: Knex, tenantId: string, count: number): Promise<void> =>
  inTenant(main, tenantId, async (trx) => {
    const rows = Array.from({ length: count }, () => ({ id: newId(), tenant_id: tenantId, source: 'test', roles: ['student'] }));
    await trx.batchInsert(Person.tableName, rows, 500);
  });
