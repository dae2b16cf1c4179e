import type { Attempt, DunningEvent, InvoiceHistory, InvoiceStatus, PaymentMethod } from './history.ts';
import type { Instant } from './instant.ts';

/** What is found when Stripe and the platform are asked about an invoice: ids, words of theirs and times, no personal data. */
export interface CollectionFacts {
  readonly status: InvoiceStatus;
  /** As in a history. `since` is when Stripe says it was made. */
  readonly methods: readonly PaymentMethod[];
  readonly attempts: readonly Attempt[];
  readonly elsewhere: readonly Attempt[];
  readonly contacts: readonly string[];
  readonly newerInvoice?: { readonly id: string; readonly paid: boolean };
  readonly subscriptionEnded: boolean;
}

/** What a state of Stripe's means here: a draft will be owed, and an invoice that is not there is as good as void. */
export function invoiceStatusOf(status: string | undefined): InvoiceStatus {
  if (status === undefined) return 'void';
  return status === 'paid' || status === 'void' || status === 'uncollectible' ? status : 'open';
}

/** What has happened since: the events that bring a history up to what was found at `now`, by the run's own clock. */
export function eventsOf(history: InvoiceHistory, facts: CollectionFacts, now: Instant): DunningEvent[] {
  const events: DunningEvent[] = [];
  if (facts.status !== history.invoice.status && facts.status !== 'open') events.push({ type: 'invoice-changed', status: facts.status });
  for (const attempt of news(history.attempts, facts.attempts, now)) events.push({ type: 'attempted', attempt });
  for (const attempt of news(history.elsewhere, facts.elsewhere, now)) events.push({ type: 'attempted-elsewhere', attempt });
  const methods = facts.methods.map((method) => dated(history.methods, method, now));
  if (!isSame(methods, history.methods)) events.push({ type: 'payment-methods-changed', methods });
  if (!isSame(facts.contacts, history.contacts)) events.push({ type: 'contacts-changed', contacts: facts.contacts });
  const { newerInvoice: newer } = facts;
  if (newer && newer.id !== history.newerInvoice?.id) events.push({ type: 'newer-invoice', id: newer.id });
  if (newer?.paid && (newer.id !== history.newerInvoice?.id || history.newerInvoice.paidAt === undefined))
    events.push({ type: 'newer-invoice-paid', id: newer.id, at: now });
  if (facts.subscriptionEnded && !history.subscriptionEnded) events.push({ type: 'subscription-ended' });
  return events;
}

/** Attempts that are unknown, or whose end is. Nothing lies in the future, and one that was known keeps its time. */
const news = (known: readonly Attempt[], found: readonly Attempt[], now: Instant): Attempt[] =>
  found.flatMap((attempt) => {
    const before = known.find(({ id }) => id === attempt.id);
    if (!before) return [{ ...attempt, at: Math.min(attempt.at, now) }];
    return before.outcome === 'pending' && attempt.outcome !== 'pending' ? [{ ...attempt, at: before.at }] : [];
  });

/** A method that is known keeps its time; one that is new, or has other details than before, counts from when that was seen. */
function dated(known: readonly PaymentMethod[], method: PaymentMethod, now: Instant): PaymentMethod {
  const before = known.find(({ id }) => id === method.id);
  return { ...method, since: before?.revision === method.revision && before ? before.since : now };
}

/** Plain data made by the same code: equal when it is written the same. */
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
