import type Stripe from 'stripe';

type Cycle = Pick<Stripe.Price.Recurring, 'interval' | 'interval_count'>;

const daySeconds = 86_400;

/** `count` intervals after a time (unix seconds): months keep the day where the month has it. */
function after(start: number, { interval, interval_count }: Cycle, count: number): number {
  const days = interval === 'day' ? 1 : interval === 'week' ? 7 : 0;
  if (days > 0) return start + days * interval_count * count * daySeconds;
  const date = new Date(start * 1000);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + interval_count * count * (interval === 'year' ? 12 : 1));
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return Math.floor(date.getTime() / 1000);
}

const longestDays: Readonly<Record<string, number>> = { day: 1, week: 7, month: 31, year: 366 };

/** The longest an interval can be, in seconds. */
export const longest = ({ interval, interval_count }: Cycle): number => interval_count * (longestDays[interval] ?? 1) * daySeconds;

/** The end of the period that a time is in, when periods are counted from `anchor`: the 31st comes back after a short month. */
export function periodEnd(anchor: number, cycle: Cycle, time: number = anchor): number {
  let count = Math.max(1, Math.floor((time - anchor) / longest(cycle)));
  while (after(anchor, cycle, count) <= time) count += 1;
  return after(anchor, cycle, count);
}
