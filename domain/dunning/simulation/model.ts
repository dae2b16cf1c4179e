import { type Decline, declineOf, type Track } from '../declines.ts';
import { day, hour, type Instant } from '../instant.ts';
import { dateOf, localTime, type ZoneOffsets } from '../zone.ts';
import { chance, waitOf } from './chance.ts';
import type { FailedInvoice } from './invoices.ts';

/** A card that may come right by itself: how likely, in how many days on average, and for how many more when money runs out again. */
interface Cure {
  readonly likely: number;
  readonly meanDays: number;
  readonly lastsDays?: number;
}
/**
 * A model, not a measurement. Set so that the standard policy recovers about 71 % and three retries 8 days apart with one mail about 53 %,
 * with 90 % of recoveries within 10 days (docs/adr/0017 says where these come from); between codes only the order is known: funds come back,
 * unclear refusals sometimes, and what a bank forbids never.
 */
const cures: Readonly<Record<string, Cure>> = {
  insufficient_funds: { likely: 0.8, meanDays: 2.6, lastsDays: 20 },
  card_velocity_exceeded: { likely: 0.78, meanDays: 2.5, lastsDays: 20 },
  withdrawal_count_limit_exceeded: { likely: 0.78, meanDays: 2.5, lastsDays: 20 },
  do_not_honor: { likely: 0.36, meanDays: 3 },
  generic_decline: { likely: 0.45, meanDays: 3 },
};
const cureOfTrack: Readonly<Record<Track, Cure>> = {
  outage: { likely: 0.95, meanDays: 0.25 },
  soft: { likely: 0.4, meanDays: 3 },
  hard: { likely: 0, meanDays: 1 },
  authentication: { likely: 0, meanDays: 1 },
};
/** How likely a mail that arrives moves its reader to act; less for each one before it. */
const moved: Readonly<Record<Track, number>> = { outage: 0.02, soft: 0.08, hard: 0.26, authentication: 0.34 };
const wearsOff = 0.8;
/** Who loses access notices. */
const movedByDegrading = 0.16;
const neverActs = 0.2;
const meanDaysToAct = 1.4;
const bouncing = 0.03;
const newCardWorks = 0.93;
const payDay = { days: [1, 15, 28], likely: 0.3 };

/** The questions put to chance, each a number of its own. */
const ask = { cured: 1, cureTime: 2, cureEnd: 7, acts: 3, bounces: 4, newCard: 5, backup: 6, payDay: 1_000, mail: 100_000, delay: 200_000 };

/** One customer, their bank and their mail server: drawn once, asked by the functions below, the same for every policy. */
export interface Customer {
  readonly invoice: FailedInvoice;
  readonly decline: Decline;
  readonly zone: ZoneOffsets;
  readonly number: number;
  readonly seed: number;
  /** From when the payment method that failed is approved by itself; Infinity for never. */
  readonly worksFrom: Instant;
  readonly worksUntil: Instant;
  /** Whether a pay-day may do before and after. */
  readonly needsFunds: boolean;
}

/** The customer of an invoice as the model has it, or as it really was where that is known. */
export function customerOf(invoice: FailedInvoice, number: number, seed: number, zone: ZoneOffsets): Customer {
  const { truth, declineCode, failedAt } = invoice;
  const decline = declineOf(invoice);
  const cure = cures[declineCode] ?? cureOfTrack[decline.track];
  const isCured = !truth && !decline.needs && chance(seed, number, ask.cured) < cure.likely;
  const cured = isCured ? failedAt + waitOf(chance(seed, number, ask.cureTime), cure.meanDays) * day : Infinity;
  const worksFrom = truth?.paid === 'retry' ? truth.at : cured;
  const lasts = isCured && cure.lastsDays ? waitOf(chance(seed, number, ask.cureEnd), cure.lastsDays) * day : Infinity;
  const needsFunds = isCured && declineCode === 'insufficient_funds';
  return { invoice, decline, zone, number, seed, worksFrom, worksUntil: worksFrom + lasts, needsFunds };
}

/** Whether a charge with the payment method that failed, its backup or a new one is approved. */
export function approves(customer: Customer, method: 'first' | 'backup' | 'new', at: Instant): boolean {
  const { invoice, worksFrom, worksUntil, needsFunds, seed, number } = customer;
  if (method === 'new') return invoice.truth?.paid === 'customer' || chance(seed, number, ask.newCard) < newCardWorks;
  if (method === 'backup') return !invoice.truth && chance(seed, number, ask.backup) < newCardWorks;
  return (at >= worksFrom && at < worksUntil) || (needsFunds && isPaidOn(customer, at));
}

function isPaidOn({ zone, seed, number }: Customer, at: Instant): boolean {
  const date = Math.floor(localTime(zone, at) / day);
  return payDay.days.includes(dateOf(date).dayOfMonth) && chance(seed, number, ask.payDay + (date % 1_000)) < payDay.likely;
}

/** Whether mail to the first contact bounces: the second one is real. */
export const bounces = ({ seed, number, invoice: { truth } }: Customer): boolean => !truth && chance(seed, number, ask.bounces) < bouncing;

/** When the reader of a mail, the first being number 0, does what it asks for: Infinity for never. */
export function actsAfter(
  { invoice: { truth }, decline, seed, number }: Customer,
  mail: number,
  isOfDegrading: boolean,
  at: Instant,
): Instant {
  if (truth) return truth.paid === 'customer' ? Math.max(truth.at, at) : Infinity;
  if (chance(seed, number, ask.acts) < neverActs) return Infinity;
  const likely = (isOfDegrading ? movedByDegrading : moved[decline.track]) * wearsOff ** mail;
  if (chance(seed, number, ask.mail + mail) >= likely) return Infinity;
  return at + hour + waitOf(chance(seed, number, ask.delay + mail), meanDaysToAct) * day;
}
