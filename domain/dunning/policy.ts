import type { Track } from './declines.ts';

/** What a school can still do while it owes. Each level is worse than the one before; none is ever left out. */
export const accessLevels = ['full', 'read_only', 'suspended', 'cancelled'] as const;
export type AccessLevel = (typeof accessLevels)[number];
export type DegradeLevel = Exclude<AccessLevel, 'full'>;

export interface MailStep {
  /** Unique in the policy; a step is mailed once, whatever happens. */
  readonly step: string;
  readonly day: number;
  readonly template: string;
}
export interface DegradeStep {
  readonly level: DegradeLevel;
  readonly day: number;
  /** Mailed when it has happened. */
  readonly template?: string;
}
/** At most so many attempts with one card in any stretch of so many hours. */
export interface NetworkCap {
  /** Stripe's name of the card's brand; 'other' for every brand that no cap names. */
  readonly network: string;
  readonly attempts: number;
  readonly withinHours: number;
}
export interface TimeWindow {
  /** Local time of the customer, HH:MM; `to` is not in it. */
  readonly from: string;
  readonly to: string;
  /** ISO: 1 is Monday. All days when absent. */
  readonly weekdays?: readonly number[];
}
export interface PayDays {
  /** 1 to 31; -1 is the last day of the month. */
  readonly daysOfMonth: readonly number[];
  /** Decline codes that a pay-day may cure. */
  readonly codes: readonly string[];
  /** A retry is put off by at most this for the sake of a pay-day. */
  readonly latestHours: number;
}

/**
 * How a tenant collects failed payments: plain data, kept by version. Days and hours count from when collection began; hours of retries
 * from the first decline of the payment method in use.
 */
export interface DunningPolicy {
  readonly name: string;
  readonly version: number;
  /** Who retries. Never both: whoever does not own the retries never charges. */
  readonly owner: 'platform' | 'stripe';
  /** Hard declines and missing authentication are never retried by themselves, so only these two have a schedule. */
  readonly retryAfterHours: { readonly outage: readonly number[]; readonly soft: readonly number[] };
  /** Between two scheduled attempts with one payment method, except in an outage. */
  readonly gapHours: number;
  readonly attempts: {
    /** With one card, the first failure and what Stripe tried included; attempts that reached nobody are not counted. */
    readonly perCard: number;
    /** For the invoice, whatever the card, whoever asked. */
    readonly total: number;
  };
  readonly caps: readonly NetworkCap[];
  readonly window: TimeWindow;
  readonly payDays: PayDays | null;
  readonly backup: { readonly use: boolean; /** Of the payment method before it. */ readonly afterSoftDeclines: number };
  readonly mails: Readonly<Record<Track, readonly MailStep[]>>;
  readonly degrade: {
    readonly steps: readonly DegradeStep[];
    /** At least so many days between two steps, however late the run is. */ readonly noticeDays: number;
  };
  readonly writeOff: { readonly day: number; readonly template?: string };
  readonly exemption: {
    /** Marks on a tenant or subscription that keep it out of dunning. */
    readonly tags: readonly string[];
    /** Minor units by lower-case currency: smaller invoices are not worth it. */
    readonly amountsBelow: Readonly<Record<string, number>>;
  };
  /** All pauses of a run together: it must end some day. */
  readonly maxPauseDays: number;
  /** How long a payment may be on its way (bank debits) before the run goes on without it. */
  readonly pendingDays: number;
  /** stand-back: mails, degrading and scheduled retries are left to the newer invoice's run; this one waits for a payment method that works. */
  readonly newerInvoice: 'stand-back' | 'collect-both';
}

/** What a tenant has until it makes its own. */
export const defaultPolicy: DunningPolicy = {
  name: 'standard',
  version: 1,
  owner: 'platform',
  retryAfterHours: { outage: [1, 4, 24], soft: [24, 72, 120, 168, 240, 336, 504] },
  gapHours: 20,
  attempts: { perCard: 8, total: 20 },
  caps: [
    { network: 'visa', attempts: 15, withinHours: 720 },
    { network: 'mastercard', attempts: 10, withinHours: 24 },
    { network: 'mastercard', attempts: 35, withinHours: 720 },
    { network: 'other', attempts: 15, withinHours: 720 },
  ],
  window: { from: '09:00', to: '18:00' },
  payDays: { daysOfMonth: [1, 15, -1], codes: ['insufficient_funds'], latestHours: 48 },
  backup: { use: true, afterSoftDeclines: 3 },
  mails: {
    outage: [{ step: 'outage-notice', day: 2, template: 'payment-delayed' }],
    soft: [
      { step: 'notice', day: 0, template: 'payment-failed' },
      { step: 'reminder', day: 5, template: 'payment-reminder' },
      { step: 'warning', day: 11, template: 'payment-warning' },
      { step: 'last-call', day: 24, template: 'payment-last-call' },
    ],
    hard: [
      { step: 'card-needed', day: 0, template: 'payment-method-needed' },
      { step: 'card-needed-reminder', day: 3, template: 'payment-method-reminder' },
      { step: 'card-needed-warning', day: 9, template: 'payment-method-warning' },
      { step: 'card-needed-last-call', day: 24, template: 'payment-last-call' },
    ],
    authentication: [
      { step: 'authenticate', day: 0, template: 'payment-authentication-needed' },
      { step: 'authenticate-reminder', day: 2, template: 'payment-authentication-reminder' },
      { step: 'authenticate-warning', day: 9, template: 'payment-authentication-warning' },
      { step: 'authenticate-last-call', day: 24, template: 'payment-last-call' },
    ],
  },
  degrade: {
    steps: [
      { level: 'read_only', day: 14, template: 'access-read-only' },
      { level: 'suspended', day: 21, template: 'access-suspended' },
      { level: 'cancelled', day: 28, template: 'subscription-cancelled' },
    ],
    noticeDays: 3,
  },
  writeOff: { day: 28 },
  exemption: { tags: ['dunning-exempt'], amountsBelow: {} },
  maxPauseDays: 30,
  pendingDays: 14,
  newerInvoice: 'stand-back',
};
