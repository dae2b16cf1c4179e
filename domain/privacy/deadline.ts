/** GDPR article 12(3): one month from receipt. CCPA/CPRA section 1798.130: 45 days. */
export const laws = ['gdpr', 'ccpa'] as const;
export type Law = (typeof laws)[number];

export interface Deadline {
  /** Unix ms: the last moment at which the law is kept. */
  readonly dueAt: number;
  /** Unix ms: when people are told that it comes near and nothing is erased yet. */
  readonly escalateAt: number;
}

const dayMs = 86_400_000;
/** How much of the time may pass before people are told: a week of a month is left. */
export const escalationShare = 0.75;

/**
 * The same day of the next month, or the month's last day when there is none (31 January -> 28 February): Regulation 1182/71, article 3.
 * In UTC, whose days end before those of no time zone west of it begin anew; what is early is never late.
 */
function oneMonthAfter(ms: number): number {
  const from = new Date(ms);
  const lastDay = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 2, 0)).getUTCDate();
  const due = new Date(ms);
  due.setUTCDate(1);
  due.setUTCMonth(from.getUTCMonth() + 1);
  due.setUTCDate(Math.min(from.getUTCDate(), lastDay));
  return due.getTime();
}

/** @param receivedAt unix ms: when the request came in, not when it was verified */
export function deadlineOf(law: Law, receivedAt: number): Deadline {
  const dueAt = law === 'gdpr' ? oneMonthAfter(receivedAt) : receivedAt + 45 * dayMs;
  return { dueAt, escalateAt: receivedAt + Math.floor((dueAt - receivedAt) * escalationShare) };
}
