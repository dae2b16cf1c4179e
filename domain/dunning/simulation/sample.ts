import { day, hour, type Instant } from '../instant.ts';
import { chance } from './chance.ts';
import type { FailedInvoice } from './invoices.ts';

type Weighted<T> = readonly (readonly [value: T, weight: number])[];

/** Shares of first declines of recurring card payments: funds lead everywhere that publishes any; the rest is an assumption. */
const codes: Weighted<string> = [
  ['insufficient_funds', 46],
  ['generic_decline', 12],
  ['do_not_honor', 11],
  ['card_velocity_exceeded', 5],
  ['expired_card', 5],
  ['transaction_not_allowed', 3],
  ['authentication_required', 4],
  ['processing_error', 3],
  ['issuer_not_available', 2],
  ['try_again_later', 2],
  ['invalid_account', 2],
  ['incorrect_number', 1],
  ['lost_card', 1.2],
  ['stolen_card', 0.8],
  ['pickup_card', 1],
  ['incorrect_cvc', 0.5],
  ['fraudulent', 0.5],
];
const brands: Weighted<string> = [
  ['visa', 55],
  ['mastercard', 34],
  ['amex', 8],
  ['discover', 3],
];
const timeZones: Weighted<string> = [
  ['America/New_York', 30],
  ['America/Chicago', 18],
  ['America/Los_Angeles', 14],
  ['Europe/Berlin', 14],
  ['Europe/London', 12],
  ['Asia/Kolkata', 6],
  ['Australia/Sydney', 4],
  ['Asia/Tokyo', 2],
];
/** The plans' monthly prices in the minor units of what is paid with there. */
const currencyOf: Readonly<Record<string, readonly [currency: string, perDollarCent: number]>> = {
  'Europe/Berlin': ['eur', 0.92],
  'Europe/London': ['gbp', 0.79],
  'Asia/Tokyo': ['jpy', 1.5],
};
const amounts: Weighted<number> = [
  [4_900, 60],
  [19_900, 35],
  [149_900, 5],
];
const adviceOfSoft = 0.02;
const hasBackup = 0.08;

/** Subscriptions renew around the clock; a quarter of all invoices is dated the first. */
const begin: Instant = Date.UTC(2026, 0, 1);
const span = 180;

function pick<T>(choices: Weighted<T>, draw: number): T {
  let left = draw * choices.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [value, weight] of choices) {
    left -= weight;
    if (left < 0) return value;
  }
  const [last] = choices.at(-1) ?? [];
  return last as T;
}

/** The invented failure of a seed that has this number. What became of it is for the model to say. */
export function sampleInvoice(number: number, seed: number): FailedInvoice {
  const draw = (question: number): number => chance(seed, number, 10_000_000 + question);
  const timeZone = pick(timeZones, draw(1));
  const [currency, rate] = currencyOf[timeZone] ?? ['usd', 1];
  const declineCode = pick(codes, draw(2));
  const date = begin + Math.floor(draw(3) * span) * day;
  const month = new Date(date);
  const dated = draw(4) < 0.25 ? Date.UTC(month.getUTCFullYear(), month.getUTCMonth(), 1) : date;
  return {
    id: `sample-${number}`,
    failedAt: dated + Math.floor(draw(5) * 24 * hour),
    amountMinor: Math.round(pick(amounts, draw(6)) * rate),
    currency,
    declineCode,
    ...(draw(7) < adviceOfSoft ? { adviceCode: 'do_not_try_again' } : {}),
    brand: pick(brands, draw(8)),
    timeZone,
    ...(draw(9) < hasBackup ? { backupBrand: 'visa' } : {}),
  };
}
