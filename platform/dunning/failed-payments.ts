import type { Readable } from 'node:stream';
import { day, type Instant } from '../../domain/dunning/instant.ts';
import type { FailedInvoice } from '../../domain/dunning/simulation/invoices.ts';
import { UnusableFileError } from '../../domain/billing-errors.ts';
import { isoDate } from '../../domain/roster/words.ts';
import { zoneOffsets } from '../../domain/dunning/zone.ts';
import { columnKey, readColumns, readRows, type Values } from '../roster/csv-rows.ts';

export const columnsHelp = `The CSV file has a header and one failed payment a row, UTF-8, dates as RFC 3339 (2026-03-01T08:15:00Z):
  invoice_id     unique in the file
  failed_at      when the first attempt was declined
  amount_minor   whole minor units: 1999 for 19.99
  currency       three letters, ISO 4217
  decline_code   Stripe's
  advice_code    Stripe's, may be empty or left out, as all that follow
  card_brand     visa, mastercard, amex, ...
  time_zone      the customer's, IANA; UTC when empty
  backup_brand   brand of a second payment method
  paid_at        when it was really paid; empty: never. 'unknown', or no such column: the model decides
  paid_by        retry (the card was charged again) or customer (a link or a new card); retry when empty
A payment that was really made by a retry is taken to be possible from then on and not before; one that was never made, never.
Rows that cannot be used are listed with their line and reason; the others are simulated, and the exit code is 1.`;

const required = ['invoice_id', 'failed_at', 'amount_minor', 'currency', 'decline_code'] as const;

/** A line of the file and everything that is wrong with it. Words only: what stood there may be personal. */
export interface BadLine {
  readonly line: number;
  readonly reasons: readonly string[];
}
export interface FailedInvoices {
  readonly invoices: readonly FailedInvoice[];
  readonly badLines: readonly BadLine[];
}

/**
 * Every row of a CSV file, as an invoice or as a bad line. Throws UnusableFileError when a column or every row is missing, and what
 * reading throws.
 */
export async function readFailedInvoices(open: () => Readable, file: string): Promise<FailedInvoices> {
  const columns = await readColumns(open(), file);
  const missing = required.filter((column) => !columns.includes(columnKey(column)));
  if (missing.length > 0) throw new UnusableFileError(`${file} lacks the columns ${missing.join(', ')}.`);
  const invoices: FailedInvoice[] = [];
  const badLines: BadLine[] = [];
  const read = createRowReader(columns.includes('paidat'));
  for await (const rows of readRows(open(), file))
    for (const row of rows) {
      const reasons: string[] = 'reason' in row ? [row.reason] : [];
      const invoice = 'values' in row ? read(row.values, (reason) => void reasons.push(reason)) : undefined;
      if (invoice && reasons.length === 0) invoices.push(invoice);
      else badLines.push({ line: row.line, reasons });
    }
  return { invoices, badLines };
}

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)$/;
const instantOf = (text: string): Instant => (rfc3339.test(text) && isoDate(text) ? Date.parse(text) : Number.NaN);
const word = /^[a-z][a-z0-9_]*$/;

function createRowReader(knowsPayments: boolean) {
  const ids = new Set<string>();
  const zones = new Map<string, boolean>();
  const isZone = (name: string): boolean => {
    const known = zones.get(name) ?? exists(name);
    zones.set(name, known);
    return known;
  };
  return (values: Values, fail: (reason: string) => void): FailedInvoice => {
    const field = (name: string): string => values[columnKey(name)] ?? '';
    const check = (holds: boolean, reason: string): void => {
      if (!holds) fail(reason);
    };
    const [id, failedAt, timeZone] = [field('invoice_id'), instantOf(field('failed_at')), field('time_zone') || 'UTC'];
    const [currency, declineCode, brand] = [
      field('currency').toLowerCase(),
      field('decline_code'),
      field('card_brand').toLowerCase() || 'other',
    ];
    const [adviceCode, backupBrand] = [field('advice_code'), field('backup_brand').toLowerCase()];
    check(id !== '', 'invoice_id is empty');
    check(id === '' || !ids.has(id), 'invoice_id was there before');
    check(!Number.isNaN(failedAt), 'failed_at is not an RFC 3339 date');
    check(/^\d{1,15}$/.test(field('amount_minor')), 'amount_minor is not a whole number');
    check(/^[a-z]{3}$/.test(currency), 'currency is not three letters');
    check(word.test(declineCode), 'decline_code is not a code');
    check(adviceCode === '' || word.test(adviceCode), 'advice_code is not a code');
    check(isZone(timeZone), 'time_zone is not an IANA time zone');
    ids.add(id);
    return {
      id,
      failedAt,
      amountMinor: Number(field('amount_minor')),
      currency,
      declineCode,
      ...(adviceCode ? { adviceCode } : {}),
      brand,
      timeZone,
      ...(backupBrand ? { backupBrand } : {}),
      ...truthOf(field('paid_at'), field('paid_by').toLowerCase() || 'retry', { failedAt, knowsPayments, check }),
    };
  };
}

interface Around {
  readonly failedAt: Instant;
  readonly knowsPayments: boolean;
  readonly check: (holds: boolean, reason: string) => void;
}
function truthOf(paidAt: string, paidBy: string, { failedAt, knowsPayments, check }: Around): Pick<FailedInvoice, 'truth'> {
  if (!knowsPayments || paidAt.toLowerCase() === 'unknown') return {};
  if (paidAt === '') return { truth: { paid: 'never' } };
  const at = instantOf(paidAt);
  check(!Number.isNaN(at), 'paid_at is neither an RFC 3339 date nor unknown nor empty');
  check(!(at < failedAt), 'paid_at is before failed_at');
  check(paidBy === 'retry' || paidBy === 'customer', 'paid_by is neither retry nor customer');
  return { truth: { paid: paidBy === 'customer' ? 'customer' : 'retry', at } };
}

function exists(name: string): boolean {
  try {
    return zoneOffsets(name, 0, day).offsets.length > 0;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
