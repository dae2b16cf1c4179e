import type { InvoiceHistory } from './history.ts';
import { day, type Instant } from './instant.ts';
import { accessLevels, type DegradeStep, type DunningPolicy } from './policy.ts';
import { nextInWindow } from './windows.ts';

/** Pauses stop the clock of mails, degrading and writing off, but not for ever: `pausedUntil` when one holds now. */
export function pausesOf(policy: DunningPolicy, { pauses }: InvoiceHistory, now: Instant): { total: number; pausedUntil?: Instant } {
  let left = policy.maxPauseDays * day;
  for (const { from, until } of pauses) {
    const ends = Math.min(until ?? Infinity, from + left);
    if (from <= now && now < ends) return { total: policy.maxPauseDays * day - left + (now - from), pausedUntil: ends };
    left -= Math.max(0, Math.min(ends, now) - from);
  }
  return { total: policy.maxPauseDays * day - left };
}

export const isDegraded = ({ degraded, restored }: InvoiceHistory): boolean =>
  !restored && degraded.length > 0 && !degraded.some(({ to }) => to === 'cancelled');

/**
 * The next level down and when. One at a time, in the policy's order, never two within its days of notice: whoever was away for a month,
 * customer or platform, still sees every step, and in working hours, when somebody can do something about it.
 */
export function nextDegrade(
  { degrade, window }: DunningPolicy,
  { degraded, since, unpaidSince = since, zone }: InvoiceHistory,
  paused: number,
): { step: DegradeStep; at: Instant } | undefined {
  const reached = Math.max(0, ...degraded.map(({ to }) => accessLevels.indexOf(to)));
  const step = degrade.steps.find(({ level }) => accessLevels.indexOf(level) > reached);
  if (!step) return undefined;
  const before = degraded.at(-1)?.at ?? since;
  const at = Math.max(unpaidSince + step.day * day + paused, before + degrade.noticeDays * day);
  return { step, at: nextInWindow(window, zone, at) };
}

export const writeOffAt = ({ writeOff }: DunningPolicy, { since }: InvoiceHistory, paused: number): Instant =>
  since + writeOff.day * day + paused;
