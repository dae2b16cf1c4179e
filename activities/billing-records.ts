import type { Knex } from 'knex';
import { NotFoundError } from '../domain/errors.ts';
import { actorOf, type RunContext } from '../domain/run.ts';
import { auditOnce } from '../platform/audit.ts';
import { changeToMake, type ChangeToCheck, type CheckedChange } from '../platform/billing-look-ups.ts';
import { inTenant } from '../platform/database.ts';
import { Invoice } from '../platform/models/invoice.ts';
import { Payment } from '../platform/models/payment.ts';

export interface BillingRecordDeps {
  readonly knex: Knex;
}
interface OfTenant {
  readonly tenantId: string;
}
interface MoneyGivenBack extends OfTenant {
  readonly action: 'payment.refund' | 'invoice.credit';
  readonly objectId: string;
  readonly run: RunContext;
}

/** What the mirror knows, for processes that go on from there to Stripe. Ids of Stripe's come from here alone, never from people. */
export const createBillingRecordActivities = ({ knex }: BillingRecordDeps) => ({
  /** Safe to retry: it only reads. Refuses an unknown plan, one that is too small, and a school without a subscription. */
  async checkChange({ tenantId, ...change }: OfTenant & ChangeToCheck): Promise<CheckedChange> {
    return inTenant(knex, tenantId, (trx) => changeToMake(trx, tenantId, change));
  },
  /** Safe to retry: it only reads. */
  async findPayment({ tenantId, paymentId }: OfTenant & { readonly paymentId: string }): Promise<{ chargeId: string; invoiceId: string }> {
    return inTenant(knex, tenantId, async (trx) => {
      const payment = await Payment.query(trx).findOne({ tenant_id: tenantId, id: paymentId });
      const invoice = payment && (await Invoice.query(trx).findOne({ tenant_id: tenantId, id: payment.invoice_id }));
      if (!invoice) throw new NotFoundError('payment');
      return { chargeId: payment.stripe_payment_id, invoiceId: invoice.stripe_invoice_id };
    });
  },
  /** Safe to retry: it only reads. */
  async findInvoice({ tenantId, invoiceId }: OfTenant & { readonly invoiceId: string }): Promise<{ invoiceId: string }> {
    const invoice = await inTenant(knex, tenantId, async (trx) => Invoice.query(trx).findOne({ tenant_id: tenantId, id: invoiceId }));
    if (!invoice) throw new NotFoundError('invoice');
    return { invoiceId: invoice.stripe_invoice_id };
  },
  /** Safe to retry: a run writes it once. What the platform's staff gave back stands in the school's own log, too. */
  async noteMoneyBack({ tenantId, action, objectId, run }: MoneyGivenBack): Promise<void> {
    const objectType = action === 'payment.refund' ? 'payment' : 'invoice';
    const { requestId, runId } = run;
    await inTenant(knex, tenantId, (trx) =>
      auditOnce(trx, { tenantId, actorId: actorOf(run), action, objectType, objectId, requestId, runId }),
    );
  },
});
export type BillingRecordActivities = ReturnType<typeof createBillingRecordActivities>;
