/** How a subscription ends, or does not: at once, with the period that is paid for, or not at all after all. */
export const cancelChoices = ['keep', 'at-period-end', 'now'] as const;
export type CancelChoice = (typeof cancelChoices)[number];

/** So many seats, or as many as the school has students. */
export type Seats = number | 'active-students';

/** A subscription in one of these is over: nothing of it can change. */
const over: ReadonlySet<string> = new Set(['canceled', 'incomplete_expired']);
export const isOver = (status: string): boolean => over.has(status);
