import type { Knex } from 'knex';
import type { FailedInvoice } from '../../domain/dunning/simulation/invoices.ts';
import { inTenant } from '../database.ts';
import type { Payment } from '../models/payment.ts';
import { Tenant } from '../models/tenant.ts';

type Attempt = Pick<Payment, 'invoice_id' | 'outcome' | 'card' | 'brand' | 'code' | 'decline_code' | 'advice_code' | 'attempted_at'>;
interface Row extends Attempt {
  readonly status: string;
  readonly owed_minor: string | number;
  readonly invoice_currency: string;
}

const historySql = `
  select p.invoice_id, p.outcome, p.card, p.brand, p.code, p.decline_code, p.advice_code, p.attempted_at,
    i.status, i.amount_minor as owed_minor, i.currency as invoice_currency
  from payments p join invoices i on i.tenant_id = p.tenant_id and i.id = p.invoice_id
  where p.tenant_id = ? and p.invoice_id in (
    select invoice_id from payments where tenant_id = ? and outcome = 'declined' group by invoice_id order by max(attempted_at) desc limit ?)
  order by p.attempted_at, p.id`;

/** The school's own failed payments, the newest so many bills, and what became of each. */
export const ownHistory = (knex: Knex, tenantId: string, most: number): Promise<FailedInvoice[]> =>
  inTenant(knex, tenantId, async (trx) => {
    const tenant = await Tenant.query(trx).findById(tenantId).throwIfNotFound();
    const { rows } = await trx.raw<{ rows: Row[] }>(historySql, [tenantId, tenantId, most]);
    const byInvoice = new Map<string, Row[]>();
    for (const row of rows) byInvoice.set(row.invoice_id, [...(byInvoice.get(row.invoice_id) ?? []), row]);
    return [...byInvoice.values()].flatMap((attempts) => failedInvoice(attempts, tenant.time_zone));
  });

function failedInvoice(attempts: readonly Row[], timeZone: string): FailedInvoice[] {
  const failure = attempts.find(({ outcome }) => outcome === 'declined');
  if (!failure) return [];
  const { invoice_id: id, decline_code: decline, code, advice_code: adviceCode, brand, attempted_at: at } = failure;
  return [
    {
      id,
      failedAt: at.getTime(),
      amountMinor: Number(failure.owed_minor),
      currency: failure.invoice_currency,
      declineCode: decline ?? code ?? 'generic_decline',
      ...(adviceCode ? { adviceCode } : {}),
      brand,
      timeZone,
      ...truthOf(failure, attempts),
    },
  ];
}

/** The same card that worked later was retried; another one came from the customer. What is still open may yet be paid. */
function truthOf({ card, status, attempted_at: since }: Row, attempts: readonly Row[]): Pick<FailedInvoice, 'truth'> {
  const paid = attempts.find(({ outcome, attempted_at: at }) => outcome === 'succeeded' && at >= since);
  if (paid) return { truth: { paid: paid.card === card ? 'retry' : 'customer', at: paid.attempted_at.getTime() } };
  return status === 'uncollectible' || status === 'void' ? { truth: { paid: 'never' } } : {};
}
