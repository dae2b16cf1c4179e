import { blockOf, type Block, verdictOf } from './blocks.ts';
import { capFreeAt } from './caps.ts';
import type { InvoiceHistory, PaymentMethod } from './history.ts';
import { hour, type Instant } from './instant.ts';
import type { DunningPolicy } from './policy.ts';
import { countAttempts, type Progress, progressOf } from './progress.ts';
import { nextInWindow, nextPayDay } from './windows.ts';

/** What makes it time to charge: the plan, or something a person did. */
export type ChargeTrigger = 'schedule' | 'backup' | 'new-payment-method' | 'staff' | 'newer-invoice-paid';

export interface PlannedCharge {
  readonly at: Instant;
  readonly method: PaymentMethod;
  readonly trigger: ChargeTrigger;
  readonly why: string;
}
/** No charge comes by itself; `block` when the customer must do something first. */
export interface NoCharge {
  readonly at?: never;
  readonly block?: Block;
  readonly why: string;
}

const nameOf = ({ brand }: PaymentMethod): string => (brand === 'visa' ? 'Visa' : brand === 'mastercard' ? 'Mastercard' : brand);

const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
const span = (hours: number): string => (hours >= 48 && hours % 24 === 0 ? many(hours / 24, 'day') : many(hours, 'hour'));

/** Puts a moment off as far as the network's wait, the caps, a pay-day and the time window demand, each saying so. */
function putOff(
  policy: DunningPolicy,
  history: InvoiceHistory,
  { method, progress, at, now, asked }: { method: PaymentMethod; progress: Progress; at: Instant; now: Instant; asked: boolean },
): { at: Instant; why: string } {
  let why = '';
  let moment = at;
  for (const attempt of history.attempts) {
    const { waitHours } = attempt.card === method.card ? verdictOf(attempt) : {};
    if (waitHours === undefined || attempt.at + waitHours * hour <= moment) continue;
    moment = attempt.at + waitHours * hour;
    why = `, not within ${span(waitHours)} of a decline that forbids it`;
  }
  const free = capFreeAt(policy.caps, history, method, moment);
  if (free.cap) {
    moment = free.at;
    why += `, not before ${nameOf(method)}'s limit of ${free.cap.attempts} attempts in ${span(free.cap.withinHours)} allows it`;
  }
  // What a person asked for is done at once, at whatever hour; when it must wait, it waits for the customer's day too.
  if (asked && moment === at) return { at, why };
  if (policy.payDays && progress.track === 'soft' && policy.payDays.codes.includes(progress.last?.declineCode ?? '')) {
    const payDay = nextPayDay(policy.payDays, policy.window, history.zone, moment);
    if (payDay > moment) why += ', on the pay-day';
    moment = payDay;
  }
  const opens = nextInWindow(policy.window, history.zone, moment);
  if (opens > moment) why += `, between ${policy.window.from} and ${policy.window.to} for the customer`;
  // When its moment went by while the run was paused or the platform away, the next opening counts.
  return { at: opens >= now ? opens : nextInWindow(policy.window, history.zone, now), why };
}

function scheduledMoment(policy: DunningPolicy, history: InvoiceHistory, method: PaymentMethod, progress: Progress) {
  const { last, track, step, anchor } = progress;
  if (!last) return { at: Math.max(history.since, method.since), why: 'it was not tried yet' };
  const hours = policy.retryAfterHours[track === 'outage' ? 'outage' : 'soft'][step - 1];
  if (hours === undefined) return undefined;
  const gap = track === 'outage' ? 0.25 : policy.gapHours;
  const why = track === 'outage' ? `${span(hours)} after the outage began` : `${span(hours)} after its first decline`;
  return { at: Math.max(anchor + hours * hour, last.at + gap * hour), why };
}

type Candidate = PlannedCharge & { readonly softDeclines: number };

function schedule(policy: DunningPolicy, history: InvoiceHistory, method: PaymentMethod, now: Instant): Candidate | string {
  const { perCard } = countAttempts(history, method);
  if (perCard >= policy.attempts.perCard) return `the ${nameOf(method)} was tried ${perCard} times, as often as the policy allows`;
  const progress = progressOf(history, method, policy.retryAfterHours.outage.length);
  const moment = scheduledMoment(policy, history, method, progress);
  if (!moment) return `the schedule for the ${nameOf(method)} is used up`;
  const { at, why } = putOff(policy, history, { method, progress, at: moment.at, now, asked: false });
  const trigger = method === history.methods[0] ? 'schedule' : 'backup';
  return { at, method, trigger, why: moment.why + why, softDeclines: progress.softDeclines };
}

/** What a person did that asks for a charge now: a new payment method, a word of staff, or the payment of the newer invoice. */
function personalTrigger(history: InvoiceHistory, method: PaymentMethod): { trigger: ChargeTrigger; at: Instant; why: string } | undefined {
  const last = history.attempts.at(-1)?.at ?? -Infinity;
  const isNew = method === history.methods[0] && method.since > history.since;
  if (isNew && !history.attempts.some(({ methodId, at }) => methodId === method.id && at >= method.since))
    return { trigger: 'new-payment-method', at: method.since, why: 'the customer gave a new payment method' };
  const requested = history.retryRequestedAt ?? -Infinity;
  if (requested > last) return { trigger: 'staff', at: requested, why: 'staff asked to try now' };
  const newerPaid = history.newerInvoice?.paidAt ?? -Infinity;
  if (newerPaid > last) return { trigger: 'newer-invoice-paid', at: newerPaid, why: 'the newer invoice of the subscription was just paid' };
  return undefined;
}

/**
 * The next charge by itself, or why there is none. Neither staff nor a new card moves a hard decline or a network's cap; what nobody may
 * do is decided here alone.
 */
export function nextCharge(policy: DunningPolicy, history: InvoiceHistory, now: Instant): PlannedCharge | NoCharge {
  if (policy.owner === 'stripe') return { why: "Stripe's own retries collect this invoice, so the platform never charges it" };
  const usable = history.methods.filter((method, index) => (index === 0 || policy.backup.use) && !blockOf(history, method));
  if (usable.length === 0) return noneUsable(history);
  if (history.attempts.length >= policy.attempts.total)
    return { why: `${history.attempts.length} attempts were made, as many as the policy allows for one invoice` };
  if (history.attempts.some(({ outcome }) => outcome === 'pending')) return { why: 'a payment is still on its way' };
  const [first] = usable;
  const asked = first && personalTrigger(history, first);
  if (first && asked) {
    const progress = progressOf(history, first, policy.retryAfterHours.outage.length);
    const { at, why } = putOff(policy, history, { method: first, progress, at: asked.at, now, asked: true });
    return { at, method: first, trigger: asked.trigger, why: asked.why + why };
  }
  if (history.newerInvoice && policy.newerInvoice === 'stand-back') return { why: 'a newer invoice of the subscription is collected' };
  return bestScheduled(policy, history, usable, now);
}

function noneUsable(history: InvoiceHistory): NoCharge {
  const [preferred] = history.methods;
  const block = preferred && blockOf(history, preferred);
  if (!block) return { why: 'there is no payment method', block: { needs: 'another-card', words: 'there is no payment method' } };
  return { why: `the bank answered: ${block.words}`, block };
}

/** The first method that was not declined too often to try the one after it; when all were, whichever comes first. */
function bestScheduled(
  policy: DunningPolicy,
  history: InvoiceHistory,
  usable: readonly PaymentMethod[],
  now: Instant,
): PlannedCharge | NoCharge {
  let best: Candidate | undefined;
  let why = '';
  for (const method of usable) {
    const candidate = schedule(policy, history, method, now);
    if (typeof candidate === 'string') {
      why ||= candidate;
      continue;
    }
    if (candidate.softDeclines < policy.backup.afterSoftDeclines) return candidate;
    if (!best || candidate.at < best.at) best = candidate;
  }
  return best ?? { why };
}
