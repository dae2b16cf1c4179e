import type Stripe from 'stripe';

/** The end of a period that starts at `start` (unix seconds): months keep the day where the month has it. */
export function periodEnd(
  start: number,
  { interval, interval_count }: Pick<Stripe.Price.Recurring, 'interval' | 'interval_count'>,
): number {
  const days = (interval === 'day' ? 1 : interval === 'week' ? 7 : 0) * interval_count;
  if (days > 0) return start + days * 86_400;
  const date = new Date(start * 1000);
  const months = interval_count * (interval === 'year' ? 12 : 1);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return Math.floor(date.getTime() / 1000);
}
