import type { Knex } from 'knex';
import { type CollectionFacts, invoiceStatusOf } from '../../domain/dunning/facts.ts';
import { type Attempt, day, type Instant, type PaymentMethod } from '../../domain/dunning/history.ts';
import { billingContacts } from '../../platform/billing-contacts.ts';
import type { PayerRead } from '../../platform/billing/collection.ts';
import type { InvoiceRead, PaymentRead } from '../../platform/billing/invoices.ts';
import { inTenant } from '../../platform/database.ts';
import { Invoice } from '../../platform/models/invoice.ts';
import { Payment } from '../../platform/models/payment.ts';

/** An invoice by both of its names. */
export type Billed = Pick<Invoice, 'id' | 'tenant_id' | 'stripe_invoice_id' | 'stripe_subscription_id' | 'issued_at'>;
export interface Asked {
  readonly invoice: InvoiceRead;
  readonly payer: PayerRead;
}

export const findBilled = (knex: Knex, tenantId: string, invoiceId: string): Promise<Billed | undefined> =>
  inTenant(knex, tenantId, async (trx) => Invoice.query(trx).findOne({ tenant_id: tenantId, id: invoiceId }));

/** What the networks look back at. */
const elsewhereDays = 60;
const mostElsewhere = 200;
const ended: ReadonlySet<string | null> = new Set(['canceled', 'incomplete_expired']);

/** What Stripe answered, and what the mirror knows beside it. */
export const factsOf = (knex: Knex, billed: Billed, { invoice, payer }: Asked, now: Instant): Promise<CollectionFacts> =>
  inTenant(knex, billed.tenant_id, async (trx) => {
    const newer = await newerInvoice(trx, billed, invoice);
    return {
      status: invoiceStatusOf(invoice.status),
      methods: payer.methods,
      attempts: invoice.payments.map((payment) => attemptOf(payment, payer.methods)),
      elsewhere: await attemptsElsewhere(trx, billed, payer.methods, now),
      contacts: await billingContacts(trx, billed.tenant_id),
      ...(newer ? { newerInvoice: newer } : {}),
      subscriptionEnded: ended.has(payer.subscriptionStatus),
    };
  });

/** A payment of Stripe's, in the terms of dunning. The card of a method that is still there is said alike in both. */
export function attemptOf(payment: PaymentRead, methods: readonly PaymentMethod[]): Attempt {
  const method = methods.find(({ id }) => id === payment.methodId);
  const declined = payment.outcome === 'declined';
  return {
    id: payment.id,
    at: Date.parse(payment.attemptedAt),
    methodId: payment.methodId,
    card: method?.card ?? payment.card,
    brand: method?.brand ?? payment.brand,
    outcome: payment.outcome,
    ...(declined
      ? given({
          declineCode: payment.declineCode ?? payment.code,
          adviceCode: payment.adviceCode,
          networkDeclineCode: payment.networkDeclineCode,
          networkAdviceCode: payment.networkAdviceCode,
        })
      : {}),
  };
}

const given = (codes: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(codes).filter((entry): entry is [string, string] => entry[1] !== null));

/** With the same cards, for other invoices of the school. */
async function attemptsElsewhere(
  trx: Knex.Transaction,
  { id, tenant_id: tenantId }: Billed,
  methods: readonly PaymentMethod[],
  now: Instant,
): Promise<Attempt[]> {
  if (methods.length === 0) return [];
  const rows = await Payment.query(trx)
    .where({ tenant_id: tenantId })
    .whereNot({ invoice_id: id })
    .whereIn('card', [...new Set(methods.map(({ card }) => card))])
    .where('attempted_at', '>', new Date(now - elsewhereDays * day))
    .orderBy('attempted_at', 'desc')
    .limit(mostElsewhere);
  return rows.map(fromRow).toReversed();
}

const fromRow = (row: Payment): Attempt => ({
  id: row.stripe_payment_id,
  at: row.attempted_at.getTime(),
  methodId: row.method_id,
  card: row.card,
  brand: row.brand,
  outcome: row.outcome,
  ...given({ declineCode: row.decline_code ?? row.code, adviceCode: row.advice_code, networkDeclineCode: row.network_decline_code }),
});

/** A later bill of the same subscription: the newest that is owed, else the newest that was paid. */
async function newerInvoice(
  trx: Knex.Transaction,
  { id, tenant_id: tenantId }: Billed,
  { subscriptionId, issuedAt }: InvoiceRead,
): Promise<CollectionFacts['newerInvoice']> {
  if (!subscriptionId || !issuedAt) return undefined;
  const newer = await Invoice.query(trx)
    .where({ tenant_id: tenantId, stripe_subscription_id: subscriptionId })
    .whereNot({ id })
    .whereIn('status', ['open', 'paid'])
    .where('issued_at', '>', new Date(issuedAt))
    .orderBy('issued_at', 'desc')
    .select('id', 'status');
  const found = newer.find(({ status }) => status === 'open') ?? newer[0];
  return found && { id: found.id, paid: found.status === 'paid' };
}

/** Since when the subscription has been owing for longer than this bill: when the oldest that is open was issued. */
export async function unpaidSince(
  trx: Knex.Transaction,
  { id, tenant_id: tenantId }: Billed,
  { subscriptionId, issuedAt }: InvoiceRead,
): Promise<Instant | undefined> {
  if (!subscriptionId || !issuedAt) return undefined;
  const oldest = await Invoice.query(trx)
    .where({ tenant_id: tenantId, stripe_subscription_id: subscriptionId, status: 'open' })
    .whereNot({ id })
    .where('issued_at', '<', new Date(issuedAt))
    .orderBy('issued_at')
    .first();
  return oldest?.issued_at?.getTime();
}
