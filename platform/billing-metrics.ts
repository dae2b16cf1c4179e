import type { Knex } from 'knex';

export interface Period {
  readonly from: Date;
  readonly to: Date;
}
const dayMs = 86_400_000;
const usualDays = 90;
/** The period that is meant when none is named. */
export const lastDays = (to: Date): Period => ({ from: new Date(to.getTime() - usualDays * dayMs), to });

export interface CurrencyMetrics {
  readonly currency: string;
  /** Invoices whose first failed charge fell into the period, and those of them that are paid by now. */
  readonly failed: number;
  readonly recovered: number;
  readonly failedMinor: number;
  readonly recoveredMinor: number;
  /** What is still open of invoices whose charge failed, whenever that was. */
  readonly atRiskMinor: number;
}
export interface BillingMetrics {
  readonly currencies: readonly CurrencyMetrics[];
  readonly attempts: Readonly<Record<string, number>>;
  /** From the first failed charge to the payment, of those recovered; null when there are none. */
  readonly secondsToRecover: { readonly median: number | null; readonly p90: number | null };
}

/** Of the invoices whose charge failed, over all currencies, the share that is paid by now; null when none failed. */
export function recoveryRateOf({ currencies }: BillingMetrics): number | null {
  const [failed, recovered] = (['failed', 'recovered'] as const).map((key) => currencies.reduce((sum, each) => sum + each[key], 0));
  return failed ? (recovered ?? 0) / failed : null;
}

const failedSql = `
  with failed as (
    select i.currency, i.status, i.amount_minor, coalesce(i.remaining_minor, 0) as remaining_minor, f.at >= ? and f.at < ? as within,
      extract(epoch from i.settled_at - f.at)::float8 as seconds
    from invoices i
    join (select tenant_id, invoice_id, min(attempted_at) as at from payments where outcome = 'declined' group by tenant_id, invoice_id) f
      on f.tenant_id = i.tenant_id and f.invoice_id = i.id)`;

/** How collecting went, over what the mirror holds of all tenants that the transaction sees: one, or `acrossSchools`. */
export async function readBillingMetrics(trx: Knex.Transaction, { from, to }: Period): Promise<BillingMetrics> {
  const bindings = [from, to];
  const { rows: currencies } = await trx.raw<{ rows: CurrencyMetrics[] }>(
    `${failedSql}
    select currency, count(*) filter (where within) as failed, count(*) filter (where within and status = 'paid') as recovered,
      coalesce(sum(amount_minor) filter (where within), 0)::bigint as "failedMinor",
      coalesce(sum(amount_minor) filter (where within and status = 'paid'), 0)::bigint as "recoveredMinor",
      coalesce(sum(remaining_minor) filter (where status = 'open'), 0)::bigint as "atRiskMinor"
    from failed group by currency order by currency`,
    bindings,
  );
  const { rows: times } = await trx.raw<{ rows: BillingMetrics['secondsToRecover'][] }>(
    `${failedSql}
    select percentile_cont(0.5) within group (order by seconds) as median, percentile_cont(0.9) within group (order by seconds) as p90
    from failed where within and status = 'paid'`,
    bindings,
  );
  const outcomes = await trx('payments')
    .where('attempted_at', '>=', from)
    .where('attempted_at', '<', to)
    .groupBy('outcome')
    .select('outcome')
    .count<{ outcome: string; count: number }[]>('* as count');
  return {
    currencies,
    attempts: Object.fromEntries(outcomes.map(({ outcome, count }) => [outcome, count])),
    secondsToRecover: times[0] ?? { median: null, p90: null },
  };
}
