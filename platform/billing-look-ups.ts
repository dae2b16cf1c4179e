import type { Knex } from 'knex';
import { BillingStateError, PlanTooSmallError } from '../domain/billing-errors.ts';
import { UnknownPlanError } from '../domain/errors.ts';
import { findPlan, planIds } from '../domain/plans.ts';
import { isOver, type Seats } from '../domain/subscription-change.ts';
import { workflowIdOf } from '../domain/workflow-id.ts';
import { inPlatform, inTenant } from './database.ts';
import { Invoice } from './models/invoice.ts';
import { Payment } from './models/payment.ts';
import { Person } from './models/person.ts';
import { Run } from './models/run.ts';
import { Subscription } from './models/subscription.ts';
import { Tenant } from './models/tenant.ts';

/** Which school a customer of Stripe's is. */
export async function schoolsOf(knex: Knex, customerIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (customerIds.length === 0) return new Map();
  const rows = await inPlatform(knex, async (trx) =>
    Tenant.query(trx)
      .select('id', 'stripe_customer_id')
      .whereIn('stripe_customer_id', [...customerIds]),
  );
  return new Map(rows.map(({ id, stripe_customer_id: customerId }) => [customerId ?? '', id]));
}

/** Stripe's ids of the invoices that charges were to pay, as far as the mirror knows the charges. */
export async function invoicesOfCharges(knex: Knex, tenantId: string, chargeIds: readonly string[]): Promise<string[]> {
  if (chargeIds.length === 0) return [];
  const rows = await inTenant(knex, tenantId, (trx) =>
    trx(Payment.tableName)
      .join(Invoice.tableName, { 'invoices.tenant_id': 'payments.tenant_id', 'invoices.id': 'payments.invoice_id' })
      .where({ 'payments.tenant_id': tenantId })
      .whereIn('payments.stripe_payment_id', [...chargeIds])
      .distinct<{ stripe_invoice_id: string }[]>('invoices.stripe_invoice_id'),
  );
  return rows.map(({ stripe_invoice_id: id }) => id);
}

/** The subscription a school has, or had last. */
export const newestSubscription = (trx: Knex.Transaction, tenantId: string): Promise<Subscription | undefined> =>
  Subscription.query(trx).where({ tenant_id: tenantId }).orderBy('id', 'desc').first().execute();

/** The one that can be changed. Throws BillingStateError when there is none. */
export async function subscriptionToChange(trx: Knex.Transaction, tenantId: string): Promise<Subscription> {
  const subscription = await newestSubscription(trx, tenantId);
  if (!subscription) throw new BillingStateError('This school has no subscription.');
  if (isOver(subscription.status)) throw new BillingStateError('The subscription of this school is over: it cannot be changed.');
  return subscription;
}

export interface ChangeToCheck {
  readonly plan?: string | undefined;
  readonly quantity?: Seats | undefined;
}
/** A change that can be made: to which subscription, and how many seats that is. */
export interface CheckedChange {
  readonly subscriptionId: string;
  readonly quantity?: number;
}
/** What a change would be. Throws UnknownPlanError, PlanTooSmallError, and BillingStateError for a school without a subscription. */
export async function changeToMake(trx: Knex.Transaction, tenantId: string, { plan, quantity }: ChangeToCheck): Promise<CheckedChange> {
  const target = plan === undefined ? undefined : findPlan(plan);
  if (plan !== undefined && !target) throw new UnknownPlanError(plan, planIds);
  const { stripe_subscription_id: subscriptionId } = await subscriptionToChange(trx, tenantId);
  const students = target || quantity === 'active-students' ? await countStudents(trx, tenantId) : 0;
  if (target && students > target.maxStudents) throw new PlanTooSmallError(target.id, target.maxStudents, students);
  const seats = quantity === 'active-students' ? Math.max(students, 1) : quantity;
  return { subscriptionId, ...(seats === undefined ? {} : { quantity: seats }) };
}

const countStudents = (trx: Knex.Transaction, tenantId: string): Promise<number> =>
  Person.query(trx).where({ tenant_id: tenantId, status: 'active' }).whereRaw(`'student' = any(roles)`).resultSize();

interface Collection {
  readonly invoiceId: string;
  readonly needsCollection: boolean;
}

/**
 * Of a school about which something has changed: the invoices to be collected, and those whose collection is to hear of it, because they
 * are open or just were. What a run of collect-payment has come to the end of is not begun again.
 */
export const collectionsOf = (knex: Knex, tenantId: string, mirrored: readonly Collection[]): Promise<Collection[]> =>
  inTenant(knex, tenantId, async (trx) => {
    const wanted = mirrored.filter(({ needsCollection }) => needsCollection).map(({ invoiceId }) => invoiceId);
    const ended = await Run.query(trx)
      .select('workflow_id')
      .where({ tenant_id: tenantId })
      .whereIn('workflow_id', wanted.map(workflowOf(tenantId)))
      .whereIn('status', ['completed', 'cancelled']);
    const over = new Set(ended.map(({ workflow_id: id }) => id));
    const begin = wanted.filter((id) => !over.has(workflowOf(tenantId)(id)));
    const collected = await Invoice.query(trx)
      .select('id')
      .where({ tenant_id: tenantId })
      .whereNotNull('collected_by')
      .where(
        (moved) =>
          void moved.where({ status: 'open' }).orWhereIn(
            'id',
            mirrored.map(({ invoiceId }) => invoiceId),
          ),
      )
      .whereNotIn('id', begin)
      .orderBy('id');
    return [
      ...begin.map((invoiceId) => ({ invoiceId, needsCollection: true })),
      ...collected.map(({ id }) => ({ invoiceId: id, needsCollection: false })),
    ];
  });

const workflowOf =
  (tenantId: string) =>
  (invoiceId: string): string =>
    workflowIdOf('collect-payment', tenantId, invoiceId);
