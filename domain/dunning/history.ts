import type { DeclineFacts } from './declines.ts';
import type { Instant } from './instant.ts';
import type { DegradeLevel } from './policy.ts';
import type { ZoneOffsets } from './zone.ts';

export interface PaymentMethod {
  readonly id: string;
  /** Stripe's fingerprint of the card or account, else the method's id: a card that is added again is the same card. */
  readonly card: string;
  readonly brand: string;
  /** When it was added, or its details last changed. */
  readonly since: Instant;
  /** Stands for its details: another one means that they changed. */
  readonly revision?: string;
}

/** unavailable: nobody was reached, and nothing was charged (whoever records it has asked). pending: on its way, as bank debits are for days. */
export type AttemptOutcome = 'declined' | 'unavailable' | 'pending' | 'succeeded';
export interface Attempt extends DeclineFacts {
  /** The vendor's id of the payment attempt: the same attempt reported twice is one. */
  readonly id: string;
  readonly at: Instant;
  readonly methodId: string;
  readonly card: string;
  readonly outcome: AttemptOutcome;
}

export type InvoiceStatus = 'open' | 'paid' | 'void' | 'uncollectible';

/** All that is known of one unpaid invoice and its customer: plain data, no personal data. Made by `beginHistory`, grown by `recordEvent`. */
export interface InvoiceHistory {
  readonly invoice: { readonly id: string; readonly amountMinor: number; readonly currency: string; readonly status: InvoiceStatus };
  /** When collection began: a policy's days count from here. */
  readonly since: Instant;
  /** When the subscription has been unpaid for longer than this invoice: degrading counts from there. */
  readonly unpaidSince?: Instant;
  readonly zone: ZoneOffsets;
  readonly tags: readonly string[];
  /** Ids of those who are written to, in order. */
  readonly contacts: readonly string[];
  readonly bouncedContacts: readonly string[];
  /** The default first, then the backups in order. */
  readonly methods: readonly PaymentMethod[];
  /** In order of time, the first failure included. */
  readonly attempts: readonly Attempt[];
  /** Attempts with the same cards for other invoices: the networks count them too. */
  readonly elsewhere: readonly Attempt[];
  readonly mails: readonly { readonly step: string; readonly contact: string; readonly at: Instant }[];
  /** Levels the tenant was brought down to, also by an older invoice's run. */
  readonly degraded: readonly { readonly to: DegradeLevel; readonly at: Instant }[];
  readonly restored: boolean;
  readonly pauses: readonly { readonly from: Instant; readonly until?: Instant }[];
  readonly retryRequestedAt?: Instant;
  readonly exempt: boolean;
  readonly forgiven: boolean;
  readonly newerInvoice?: { readonly id: string; readonly paidAt?: Instant };
  readonly subscriptionEnded: boolean;
}

export type DunningEvent =
  | { readonly type: 'attempted'; readonly attempt: Attempt }
  | { readonly type: 'attempted-elsewhere'; readonly attempt: Attempt }
  | { readonly type: 'invoice-changed'; readonly status: InvoiceStatus }
  | { readonly type: 'mail-sent'; readonly step: string; readonly contact: string; readonly at: Instant }
  | { readonly type: 'mail-bounced'; readonly contact: string }
  | { readonly type: 'contacts-changed'; readonly contacts: readonly string[] }
  | { readonly type: 'payment-methods-changed'; readonly methods: readonly PaymentMethod[] }
  | { readonly type: 'degraded'; readonly to: DegradeLevel; readonly at: Instant }
  | { readonly type: 'restored' }
  | { readonly type: 'paused'; readonly at: Instant; readonly until?: Instant }
  | { readonly type: 'resumed'; readonly at: Instant }
  | { readonly type: 'retry-requested'; readonly at: Instant }
  | { readonly type: 'exempted' }
  | { readonly type: 'forgiven' }
  | { readonly type: 'newer-invoice'; readonly id: string }
  | { readonly type: 'newer-invoice-paid'; readonly id: string; readonly at: Instant }
  | { readonly type: 'subscription-ended' };

export type NewHistory = Pick<InvoiceHistory, 'since' | 'zone' | 'contacts' | 'methods' | 'attempts'> & {
  readonly invoice: Omit<InvoiceHistory['invoice'], 'status'>;
} & Partial<Pick<InvoiceHistory, 'unpaidSince' | 'tags' | 'elsewhere' | 'degraded'>>;

export const beginHistory = (facts: NewHistory): InvoiceHistory => ({
  tags: [],
  elsewhere: [],
  degraded: [],
  ...facts,
  attempts: facts.attempts.toSorted((a, b) => a.at - b.at),
  invoice: { ...facts.invoice, status: 'open' },
  bouncedContacts: [],
  mails: [],
  restored: false,
  pauses: [],
  exempt: false,
  forgiven: false,
  subscriptionEnded: false,
});

const finality: Readonly<Record<InvoiceStatus, number>> = { open: 0, uncollectible: 1, void: 2, paid: 2 };

/** A history with one event more. Events may come twice, late and in any order: the result is the same. */
export function recordEvent(history: InvoiceHistory, event: DunningEvent): InvoiceHistory {
  switch (event.type) {
    case 'attempted':
      return { ...history, attempts: withAttempt(history.attempts, event.attempt) };
    case 'attempted-elsewhere':
      return { ...history, elsewhere: withAttempt(history.elsewhere, event.attempt) };
    case 'invoice-changed':
      return finality[event.status] > finality[history.invoice.status]
        ? { ...history, invoice: { ...history.invoice, status: event.status } }
        : history;
    case 'mail-sent':
      return { ...history, mails: [...history.mails, { step: event.step, contact: event.contact, at: event.at }] };
    case 'mail-bounced':
      return history.bouncedContacts.includes(event.contact)
        ? history
        : { ...history, bouncedContacts: [...history.bouncedContacts, event.contact] };
    case 'contacts-changed':
      return { ...history, contacts: event.contacts };
    case 'payment-methods-changed':
      return { ...history, methods: event.methods };
    case 'degraded':
      return history.degraded.some(({ to }) => to === event.to)
        ? history
        : { ...history, degraded: [...history.degraded, { to: event.to, at: event.at }] };
    case 'restored':
      return { ...history, restored: true };
    case 'paused':
    case 'resumed':
    case 'retry-requested':
    case 'exempted':
    case 'forgiven':
    case 'newer-invoice':
    case 'newer-invoice-paid':
    case 'subscription-ended':
      return recordMessage(history, event);
    default:
      return event satisfies never;
  }
}

type Message = Extract<
  DunningEvent,
  {
    type:
      | 'paused'
      | 'resumed'
      | 'retry-requested'
      | 'exempted'
      | 'forgiven'
      | 'newer-invoice'
      | 'newer-invoice-paid'
      | 'subscription-ended';
  }
>;

function recordMessage(history: InvoiceHistory, event: Message): InvoiceHistory {
  switch (event.type) {
    case 'paused':
      return {
        ...history,
        pauses: [...endPause(history.pauses, event.at), { from: event.at, ...(event.until === undefined ? {} : { until: event.until }) }],
      };
    case 'resumed':
      return { ...history, pauses: endPause(history.pauses, event.at) };
    case 'retry-requested':
      return { ...history, retryRequestedAt: Math.max(event.at, history.retryRequestedAt ?? event.at) };
    case 'exempted':
      return { ...history, exempt: true };
    case 'forgiven':
      return { ...history, forgiven: true };
    case 'newer-invoice':
      return history.newerInvoice?.id === event.id ? history : { ...history, newerInvoice: { id: event.id } };
    case 'newer-invoice-paid':
      return { ...history, newerInvoice: { id: event.id, paidAt: event.at } };
    case 'subscription-ended':
      return { ...history, subscriptionEnded: true };
    default:
      return event satisfies never;
  }
}

/** In its place by time; what is known of an attempt already is replaced, except that the end of one is not undone by news of its beginning. */
function withAttempt(attempts: readonly Attempt[], attempt: Attempt): readonly Attempt[] {
  const known = attempts.find(({ id }) => id === attempt.id);
  if (known && known.outcome !== 'pending') return attempts;
  const others = known ? attempts.filter(({ id }) => id !== attempt.id) : attempts;
  const later = others.findIndex(({ at }) => at > attempt.at);
  return later < 0 ? [...others, attempt] : others.toSpliced(later, 0, attempt);
}

function endPause(pauses: InvoiceHistory['pauses'], at: Instant): InvoiceHistory['pauses'] {
  const last = pauses.at(-1);
  if (!last || (last.until !== undefined && last.until <= at)) return pauses;
  return [...pauses.slice(0, -1), { from: last.from, until: Math.max(at, last.from) }];
}
