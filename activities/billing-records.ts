import type { Knex } from 'knex';
import { PlanTooSmallError } from '../domain/billing-errors.ts';
import { NotFoundError, UnknownPlanError } from '../domain/errors.ts';
import { findPlan, planIds } from '../domain/plans.ts';
import type { Seats } from '../domain/subscription-change.ts';
import { subscriptionToChange } from '../platform/billing-look-ups.ts';
import { inTenant } from '../platform/database.ts';
import { Invoice } from '../platform/models/invoice.ts';
import { Payment } from '../platform/models/payment.ts';
import { Person } from '../platform/models/person.ts';

export interface BillingRecordDeps {
  readonly knex: Knex;
}
interface OfTenant {
  readonly tenantId: string;
}
export interface ChangeToCheck extends OfTenant {
  readonly plan?: string | undefined;
  readonly quantity?: Seats | undefined;
}
/** A change that can be made: to which subscription, and how many seats that is. */
export interface CheckedChange {
  readonly subscriptionId: string;
  readonly quantity?: number;
}

/** What the mirror knows, for processes that go on from there to Stripe. Ids of Stripe's come from here alone, never from people. */
export const createBillingRecordActivities = ({ knex }: BillingRecordDeps) => ({
  /** Safe to retry: it only reads. Refuses an unknown plan, one that is too small, and a school without a subscription. */
  async checkChange({ tenantId, plan, quantity }: ChangeToCheck): Promise<CheckedChange> {
    const target = plan === undefined ? undefined : findPlan(plan);
    if (plan !== undefined && !target) throw new UnknownPlanError(plan, planIds);
    return inTenant(knex, tenantId, async (trx) => {
      const { stripe_subscription_id: subscriptionId } = await subscriptionToChange(trx, tenantId);
      const students = target || quantity === 'active-students' ? await countStudents(trx, tenantId) : 0;
      if (target && students > target.maxStudents) throw new PlanTooSmallError(target.id, target.maxStudents, students);
      const seats = quantity === 'active-students' ? Math.max(students, 1) : quantity;
      return { subscriptionId, ...(seats === undefined ? {} : { quantity: seats }) };
    });
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
});
export type BillingRecordActivities = ReturnType<typeof createBillingRecordActivities>;

const countStudents = (trx: Knex.Transaction, tenantId: string): Promise<number> =>
  Person.query(trx).where({ tenant_id: tenantId, status: 'active' }).whereRaw(`'student' = any(roles)`).resultSize();
