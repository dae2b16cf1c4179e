import type { Knex } from 'knex';
import { type CollectionFacts, invoiceStatusOf } from '../../domain/dunning/facts.ts';
import type { Attempt, PaymentMethod } from '../../domain/dunning/history.ts';
import { day, type Instant } from '../../domain/dunning/instant.ts';
import { contactsIn, contactsStatement } from '../../platform/billing-contacts.ts';
import { invoiceStatement } from '../../platform/billing-mirror.ts';
import type { PayerRead } from '../../platform/billing/collection.ts';
import type { InvoiceRead, PaymentRead } from '../../platform/billing/invoices.ts';
import { atOnceInTenant } from '../../platform/database.ts';
import { Invoice } from '../../platform/models/invoice.ts';
import type { Payment } from '../../platform/models/payment.ts';
import type { Statement } from '../../platform/transaction.ts';
import { type Billed, billedStatement } from './billed-invoice.ts';

export interface Asked {
  readonly invoice: InvoiceRead;
  readonly payer: PayerRead;
}

export async function findBilled(knex: Knex, tenantId: string, invoiceId: string): Promise<Billed | undefined> {
  const [rows = []] = await atOnceInTenant(knex, tenantId, [billedStatement(tenantId, invoiceId)]);
  return (rows as Billed[])[0];
}

/** What the networks look back at. */
const elsewhereDays = 60;
const mostElsewhere = 200;
const ended: ReadonlySet<string | null> = new Set(['canceled', 'incomplete_expired']);

/** Mirrors what Stripe answered, and tells it with what the mirror knows beside it: one round trip. */
export async function factsOf(knex: Knex, billed: Billed, { invoice, payer }: Asked, now: Instant): Promise<CollectionFacts> {
  const { tenant_id: tenantId } = billed;
  const [, newer = [], elsewhere = [], contacts = []] = await atOnceInTenant(knex, tenantId, [
    invoiceStatement(tenantId, invoice),
    newerStatement(billed, invoice),
    elsewhereStatement(billed, payer.methods, now),
    contactsStatement(tenantId),
  ]);
  const newerInvoice = newerIn(newer);
  return {
    status: invoiceStatusOf(invoice.status),
    methods: payer.methods,
    attempts: invoice.payments.map((payment) => attemptOf(payment, payer.methods)),
    elsewhere: (elsewhere as Payment[]).map(fromRow).toReversed(),
    contacts: contactsIn(contacts),
    ...(newerInvoice ? { newerInvoice } : {}),
    subscriptionEnded: ended.has(payer.subscriptionStatus),
  };
}

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

/** Attempts with the same cards, for other invoices of the school: the newest first. */
const elsewhereStatement = ({ id, tenant_id: tenantId }: Billed, methods: readonly PaymentMethod[], now: Instant): Statement => ({
  text: `
    select stripe_payment_id, attempted_at, method_id, card, brand, outcome, decline_code, code, advice_code, network_decline_code
    from payments
    where tenant_id = $1 and invoice_id <> $2 and card = any($3::text[]) and attempted_at > $4
    order by attempted_at desc limit ${mostElsewhere}`,
  values: [tenantId, id, [...new Set(methods.map(({ card }) => card))], new Date(now - elsewhereDays * day)],
  name: 'attempts elsewhere',
});

const fromRow = (row: Payment): Attempt => ({
  id: row.stripe_payment_id,
  at: row.attempted_at.getTime(),
  methodId: row.method_id,
  card: row.card,
  brand: row.brand,
  outcome: row.outcome,
  ...given({ declineCode: row.decline_code ?? row.code, adviceCode: row.advice_code, networkDeclineCode: row.network_decline_code }),
});

/** A later bill of the same subscription: the newest that is owed, else the newest that was paid. None without either. */
const newerStatement = ({ id, tenant_id: tenantId }: Billed, { subscriptionId, issuedAt }: InvoiceRead): Statement => ({
  text: `
    select id, status from invoices
    where tenant_id = $1 and id <> $2 and stripe_subscription_id = $3 and issued_at > $4 and status in ('open', 'paid')
    order by status = 'open' desc, issued_at desc limit 1`,
  values: [tenantId, id, subscriptionId, issuedAt && new Date(issuedAt)],
  name: 'newer invoice',
});

function newerIn(rows: readonly unknown[]): CollectionFacts['newerInvoice'] {
  const [found] = rows as Pick<Invoice, 'id' | 'status'>[];
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
