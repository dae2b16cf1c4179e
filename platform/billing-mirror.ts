import type { Knex } from 'knex';
import type { InvoiceRead, PaymentRead } from './billing/invoices.ts';
import type { SubscriptionRead } from './billing/subscriptions.ts';
import { atOnceInTenant, inTenant } from './database.ts';
import { newId } from './ids.ts';
import { Invoice } from './models/invoice.ts';
import { Payment } from './models/payment.ts';
import { Subscription } from './models/subscription.ts';
import type { Statement } from './transaction.ts';

/** An invoice as it stands in the mirror after a read was written. */
export interface Mirrored {
  /** The platform's. */
  readonly invoiceId: string;
  readonly status: string;
  /** Whether it is owed, a charge for it failed, and somebody has to see to it (the process collect-payment). */
  readonly needsCollection: boolean;
}

const timeOf = (at: string | null): Date | null => (at === null ? null : new Date(at));

/** Writes an invoice with its payments, as Stripe answered. What was read later stays: then the answer is of what stands there. */
export async function mirrorInvoice(knex: Knex, tenantId: string, read: InvoiceRead): Promise<Mirrored> {
  const [rows = []] = await atOnceInTenant(knex, tenantId, [invoiceStatement(tenantId, read)]);
  const [kept] = rows as { id: string }[];
  if (!kept) return await inTenant(knex, tenantId, (trx) => standing(trx, tenantId, read));
  return { invoiceId: kept.id, status: read.status, needsCollection: isToBeCollected(read, read.payments.at(-1)?.outcome) };
}

/** Does what mirrorInvoice does, together with whatever else is asked at once. Answers the invoice's id, or no row when what was read later stays. */
export function invoiceStatement(tenantId: string, read: InvoiceRead): Statement {
  const invoice = { id: newId(), ...invoiceRow(tenantId, read) };
  const payments = read.payments.map((payment) => ({ id: newId(), ...paymentRow(tenantId, payment, read.readAt) }));
  const [payment] = payments;
  return payment
    ? {
        text: invoiceSql(invoice, payment),
        values: [JSON.stringify(invoice), JSON.stringify(payments)],
        name: 'mirror-invoice-and-payments',
      }
    : { text: invoiceSql(invoice), values: [JSON.stringify(invoice)], name: 'mirror-invoice' };
}

/** One statement and one plan for any number of payments: rows come as JSON, under the names of their columns. */
function invoiceSql(invoice: object, payment?: object): string {
  const columns = Object.keys(invoice).join(', ');
  const keep = `
    insert into invoices (${columns}) select ${columns} from jsonb_populate_record(null::invoices, $1::jsonb)
    on conflict (tenant_id, stripe_invoice_id) do update set ${renewing(invoice)}
    where invoices.read_at is null or invoices.read_at < excluded.read_at
    returning id`;
  if (!payment) return keep;
  const names = Object.keys(payment).join(', ');
  return `with kept as (${keep}), paid as (
    insert into payments (invoice_id, ${names}) select kept.id, ${names.replace(/\bid\b/, 'made.id')}
    from kept cross join jsonb_populate_recordset(null::payments, $2::jsonb) as made
    on conflict (tenant_id, stripe_payment_id) do update set invoice_id = excluded.invoice_id, ${renewing(payment)}
    where payments.read_at < excluded.read_at)
    select id from kept`;
}

/** What is written again: the keys stay. */
const renewing = (row: object): string =>
  Object.keys(row)
    .filter((column) => column !== 'tenant_id' && column !== 'id')
    .map((column) => `${column} = excluded.${column}`)
    .join(', ');

/** Writes a subscription, as Stripe answered, unless what stands there was read later. */
export const mirrorSubscription = (knex: Knex, tenantId: string, read: SubscriptionRead): Promise<void> =>
  inTenant(knex, tenantId, async (trx) => {
    const row = subscriptionRow(tenantId, read);
    await trx(Subscription.tableName)
      .insert({ id: newId(), ...row })
      .onConflict(['tenant_id', 'stripe_subscription_id'])
      .merge(columnsOf(row))
      .where('subscriptions.read_at', '<', trx.raw('excluded.read_at'));
  });

/** A draft that was deleted never was a bill: nothing is left of it. */
export const forgetInvoice = (knex: Knex, tenantId: string, stripeInvoiceId: string): Promise<void> =>
  inTenant(knex, tenantId, async (trx) => {
    await Invoice.query(trx).delete().where({ tenant_id: tenantId, stripe_invoice_id: stripeInvoiceId, status: 'draft' });
  });

/**
 * Nobody sees to a bill that is sent, that was never tried, or for which money is on its way. Without any charge there was no card to
 * charge: that wants somebody, too.
 */
const isToBeCollected = (
  read: Pick<InvoiceRead, 'status' | 'attempted' | 'chargesItself' | 'remainingMinor'>,
  last: PaymentRead['outcome'] | undefined,
): boolean =>
  read.status === 'open' &&
  read.attempted &&
  read.chargesItself &&
  read.remainingMinor > 0 &&
  (last === undefined || last === 'declined' || last === 'unavailable');

/** What a later read has left. Only it could say otherwise whether the invoice is to be collected, and it has. */
async function standing(trx: Knex.Transaction, tenantId: string, read: InvoiceRead): Promise<Mirrored> {
  const invoice = await Invoice.query(trx).findOne({ tenant_id: tenantId, stripe_invoice_id: read.id }).throwIfNotFound();
  const last = await Payment.query(trx)
    .where({ tenant_id: tenantId, invoice_id: invoice.id })
    .orderBy([
      { column: 'attempted_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .first();
  const now = { ...read, status: invoice.status, remainingMinor: invoice.remaining_minor ?? 0 };
  return { invoiceId: invoice.id, status: invoice.status, needsCollection: isToBeCollected(now, last?.outcome) };
}

/** What is written again; the key stays. */
const columnsOf = (row: object): string[] => Object.keys(row).filter((column) => column !== 'tenant_id');

const invoiceRow = (tenantId: string, read: InvoiceRead) => ({
  tenant_id: tenantId,
  stripe_invoice_id: read.id,
  number: read.number,
  status: read.status,
  amount_minor: read.amountMinor,
  tax_minor: read.taxMinor,
  remaining_minor: read.remainingMinor,
  currency: read.currency,
  stripe_subscription_id: read.subscriptionId,
  billing_reason: read.billingReason,
  attempt_count: read.attemptCount,
  due_at: timeOf(read.dueAt),
  issued_at: timeOf(read.issuedAt),
  settled_at: timeOf(read.settledAt),
  read_at: timeOf(read.readAt),
});

const subscriptionRow = (tenantId: string, read: SubscriptionRead) => ({
  tenant_id: tenantId,
  stripe_subscription_id: read.id,
  plan: read.plan,
  status: read.status,
  quantity: read.quantity,
  period_start: timeOf(read.periodStart),
  period_end: timeOf(read.periodEnd),
  trial_ends_at: timeOf(read.trialEndsAt),
  cancel_at: timeOf(read.cancelAt),
  ended_at: timeOf(read.endedAt),
  read_at: timeOf(read.readAt),
});

const paymentRow = (tenantId: string, payment: PaymentRead, readAt: string) => ({
  tenant_id: tenantId,
  stripe_payment_id: payment.id,
  outcome: payment.outcome,
  amount_minor: payment.amountMinor,
  refunded_minor: payment.refundedMinor,
  currency: payment.currency,
  method_id: payment.methodId,
  card: payment.card,
  brand: payment.brand,
  code: payment.code,
  decline_code: payment.declineCode,
  advice_code: payment.adviceCode,
  network_decline_code: payment.networkDeclineCode,
  network_advice_code: payment.networkAdviceCode,
  attempted_at: timeOf(payment.attemptedAt),
  read_at: timeOf(readAt),
});
