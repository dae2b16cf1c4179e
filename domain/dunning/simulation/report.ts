import type { DunningOutcome } from '../decision.ts';
import type { FailedInvoice } from './invoices.ts';
import type { Simulated } from './simulate.ts';

interface Share {
  readonly failed: number;
  readonly recovered: number;
  /** Of 1; 0 when nothing failed. */
  readonly share: number;
}
/** What a policy achieved. */
export interface DunningReport {
  readonly invoices: Share;
  /** Minor units, by currency. */
  readonly money: Readonly<Record<string, Share>>;
  /** Of the invoices that were paid; null when none was. */
  readonly daysToRecover: { readonly median: number | null; readonly p90: number | null; readonly withinTenDays: number };
  readonly attempts: { readonly total: number; readonly perInvoice: number };
  readonly mails: { readonly total: number; readonly perInvoice: number };
  readonly outcomes: Readonly<Partial<Record<DunningOutcome, number>>>;
  readonly byDeclineCode: Readonly<
    Record<string, Share & { readonly medianDays: number | null; readonly attemptsPerInvoice: number; readonly mailsPerInvoice: number }>
  >;
}

interface Tally {
  failed: number;
  attempts: number;
  mails: number;
  readonly days: number[];
}
const emptyTally = (): Tally => ({ failed: 0, attempts: 0, mails: 0, days: [] });

/** Adds up, invoice by invoice. */
export function createReport() {
  const all = emptyTally();
  const codes = new Map<string, Tally>();
  const money = new Map<string, { failed: number; recovered: number }>();
  const outcomes: Partial<Record<DunningOutcome, number>> = {};
  return {
    add({ declineCode, currency, amountMinor }: FailedInvoice, result: Simulated): void {
      count(all, result);
      count(found(codes, declineCode, emptyTally), result);
      const sum = found(money, currency, () => ({ failed: 0, recovered: 0 }));
      sum.failed += amountMinor;
      if (result.days !== undefined) sum.recovered += amountMinor;
      outcomes[result.outcome] = (outcomes[result.outcome] ?? 0) + 1;
    },
    finish: (): DunningReport => ({
      invoices: shareOf(all.failed, all.days.length),
      money: Object.fromEntries([...money].map(([currency, { failed, recovered }]) => [currency, shareOf(failed, recovered)])),
      daysToRecover: {
        median: quantile(all.days, 0.5),
        p90: quantile(all.days, 0.9),
        withinTenDays: ratio(all.days.filter((days) => days <= 10).length, all.days.length),
      },
      attempts: { total: all.attempts, perInvoice: ratio(all.attempts, all.failed) },
      mails: { total: all.mails, perInvoice: ratio(all.mails, all.failed) },
      outcomes,
      byDeclineCode: Object.fromEntries(
        [...codes]
          .toSorted(([, a], [, b]) => b.failed - a.failed)
          .map(([code, tally]) => [
            code,
            {
              ...shareOf(tally.failed, tally.days.length),
              medianDays: quantile(tally.days, 0.5),
              attemptsPerInvoice: ratio(tally.attempts, tally.failed),
              mailsPerInvoice: ratio(tally.mails, tally.failed),
            },
          ]),
      ),
    }),
  };
}

function count(tally: Tally, { attempts, mails, days }: Simulated): void {
  tally.failed += 1;
  tally.attempts += attempts;
  tally.mails += mails;
  if (days !== undefined) tally.days.push(days);
}

function found<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
}

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;
const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : rounded(part / whole));
const shareOf = (failed: number, recovered: number): Share => ({ failed, recovered, share: ratio(recovered, failed) });

/** By rank: the value that so large a part is not above. */
function quantile(values: readonly number[], part: number): number | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  return rounded(sorted[Math.ceil(part * sorted.length) - 1] ?? 0);
}
