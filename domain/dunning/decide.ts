import { blockOf, verdictOf } from './blocks.ts';
import { nextCharge, type NoCharge, type PlannedCharge } from './charges.ts';
import { isDegraded, nextDegrade, pausesOf, writeOffAt } from './deadlines.ts';
import type { Decision, DunningAction, DunningOutcome, DunningRule, WaitFor } from './decision.ts';
import type { Track } from './declines.ts';
import { type DunningEvent, type InvoiceHistory, recordEvent } from './history.ts';
import { type Instant, day } from './instant.ts';
import { contactOf, degradeMail, nextMail, type PlannedMail, writeOffMail } from './mails.ts';
import type { DunningPolicy } from './policy.ts';
import { inWords } from './zone.ts';

const decision = (rule: DunningRule, reason: string, action: DunningAction): Decision => ({ action, rule, reason });

/**
 * What to do next about one unpaid invoice. Pure: the same policy, history, event and time give the same answer, in a workflow, in its
 * replay years later, and in a simulation. `event` is what just happened, if anything; whoever keeps the history records it, too.
 * Every answer but a wait must be recorded (`recordEvent`) before asking again.
 */
export function decide(policy: DunningPolicy, history: InvoiceHistory, event: DunningEvent | undefined, now: Instant): Decision {
  const known = event ? recordEvent(history, event) : history;
  return ended(policy, known) ?? held(policy, known, now) ?? due(policy, known, now);
}

// --- what ends a run ------------------------------------------------------------------------------------------------

function ended(policy: DunningPolicy, history: InvoiceHistory): Decision | undefined {
  const { status } = history.invoice;
  if (status === 'paid') return close(history, 'invoice-settled', 'paid', 'The invoice is paid');
  if (status === 'void') return close(history, 'invoice-settled', 'void', 'The invoice is void: nothing is owed');
  if (status === 'uncollectible') {
    if (history.forgiven) return close(history, 'forgiven', 'forgiven', 'The debt was forgiven');
    return decision('invoice-settled', 'The invoice is written off.', { kind: 'end', outcome: 'written-off' });
  }
  if (history.forgiven)
    return decision('forgiven', 'Staff forgave this debt: the invoice is closed without payment.', {
      kind: 'write-off',
      because: 'forgiven',
    });
  const exemption = exemptionOf(policy, history);
  if (exemption) return close(history, 'exempt', 'exempt', exemption);
  if (history.subscriptionEnded && !history.degraded.some(({ to }) => to === 'cancelled'))
    return decision(
      'subscription-ended',
      'The subscription was ended by the customer or staff: nothing more is charged for it by itself. The invoice stays open.',
      {
        kind: 'end',
        outcome: 'subscription-ended',
      },
    );
  return undefined;
}

/** A debt that is gone gives access back before the run ends; what was cancelled stays so. */
function close(history: InvoiceHistory, rule: DunningRule, outcome: DunningOutcome, why: string): Decision {
  if (isDegraded(history)) return decision(rule, `${why}: full access is given back.`, { kind: 'restore' });
  return decision(rule, `${why}.`, { kind: 'end', outcome });
}

function exemptionOf({ exemption }: DunningPolicy, { exempt, tags, invoice }: InvoiceHistory): string | undefined {
  if (exempt) return 'Staff exempted this invoice from dunning';
  const tag = tags.find((tag) => exemption.tags.includes(tag));
  if (tag !== undefined) return `Customers marked '${tag}' are exempt from dunning`;
  const least = exemption.amountsBelow[invoice.currency];
  return least !== undefined && invoice.amountMinor < least ? 'The amount is below what the policy collects' : undefined;
}

// --- what holds a run up --------------------------------------------------------------------------------------------

function held(policy: DunningPolicy, history: InvoiceHistory, now: Instant): Decision | undefined {
  const { pausedUntil } = pausesOf(policy, history, now);
  if (pausedUntil !== undefined)
    return wait('paused', `Staff paused this run. It goes on by itself on ${inWords(history.zone, pausedUntil)}.`, pausedUntil, 'resume');
  const pending = history.attempts.find(({ outcome }) => outcome === 'pending');
  const settles = pending && pending.at + policy.pendingDays * day;
  if (settles !== undefined && now < settles)
    return wait('payment-pending', `A payment is on its way; the bank has until ${inWords(history.zone, settles)}.`, settles, 'settlement');
  return undefined;
}

const wait = (rule: DunningRule, reason: string, until: Instant, what: WaitFor): Decision =>
  decision(rule, reason, { kind: 'wait', until, for: what });

// --- what is due ----------------------------------------------------------------------------------------------------

function due(policy: DunningPolicy, history: InvoiceHistory, now: Instant): Decision {
  const { total: paused } = pausesOf(policy, history, now);
  const standsBack = history.newerInvoice !== undefined && policy.newerInvoice === 'stand-back';
  const degrade = standsBack ? undefined : nextDegrade(policy, history, paused);
  const lastDay = Math.max(writeOffAt(policy, history, paused), degrade?.at ?? 0);
  if (now >= lastDay && !degrade) return writeOff(policy, history, now);
  const charge = nextCharge(policy, history, now);
  if (charge.at !== undefined && charge.at <= now && now < lastDay) return chargeNow(history, charge);
  if (degrade && degrade.at <= now) {
    const { level, day } = degrade.step;
    return decision('degrade-schedule', `Day ${day} without payment: access goes down to ${level}.`, { kind: 'degrade', to: level });
  }
  const track = trackOf(history, charge);
  const letter = standsBack ? undefined : (degradeMail(policy, history) ?? nextMail(policy, history, track, history.since + paused, now));
  if (letter && letter.at <= now) return mailNow(letter, track, charge);
  return waitForNext({ policy, history, charge, letter, degradeAt: degrade?.at, lastDay, track });
}

/** Whom the next words are for: one whose card must change, or one who may wait. */
function trackOf(history: InvoiceHistory, charge: PlannedCharge | NoCharge): Track {
  const [preferred] = history.methods;
  const block = charge.at === undefined ? (charge.block ?? (preferred && blockOf(history, preferred))) : undefined;
  if (block) return block.needs === 'authentication' ? 'authentication' : 'hard';
  const last = history.attempts.at(-1);
  return last && verdictOf(last).track === 'outage' ? 'outage' : 'soft';
}

function writeOff(policy: DunningPolicy, history: InvoiceHistory, now: Instant): Decision {
  const letter = degradeMail(policy, history) ?? writeOffMail(policy, history, now);
  if (letter) return mailNow(letter, 'soft', { why: 'the invoice is written off' });
  return decision('write-off-day', `Not paid in ${policy.writeOff.day} days: the invoice is written off as uncollectible.`, {
    kind: 'write-off',
    because: 'policy',
  });
}

function chargeNow(history: InvoiceHistory, charge: PlannedCharge): Decision {
  const { method, trigger, why } = charge;
  const attempt = history.attempts.length + 1;
  const which = trigger === 'backup' ? 'the backup payment method' : 'the payment method';
  return decision(chargeRuleOf(charge), `Attempt ${attempt} with ${which} (${method.brand}): ${why}.`, {
    kind: 'charge',
    methodId: method.id,
    attempt,
    trigger,
  });
}

function mailNow({ step, template, contact, instead }: PlannedMail, track: Track, { why }: { why: string }): Decision {
  const letter = { step, template, contact };
  const to = instead ? 'the next contact, since mail to the one before bounced' : 'the first contact';
  if (track === 'hard')
    return decision(
      instead ? 'bounced-mail' : 'needs-payment-method',
      `Only another payment method helps (${why}): '${template}' asks ${to} for one.`,
      {
        kind: 'ask',
        for: 'payment-method',
        ...letter,
      },
    );
  if (track === 'authentication')
    return decision(
      instead ? 'bounced-mail' : 'needs-authentication',
      `Only the card holder can let this payment through: '${template}' sends ${to} the link.`,
      {
        kind: 'ask',
        for: 'authentication',
        ...letter,
      },
    );
  return decision(instead ? 'bounced-mail' : 'mail-schedule', `'${template}' goes to ${to}, as the policy has it for this day.`, {
    kind: 'mail',
    ...letter,
  });
}

interface Prospects {
  readonly policy: DunningPolicy;
  readonly history: InvoiceHistory;
  readonly charge: PlannedCharge | NoCharge;
  readonly letter: PlannedMail | undefined;
  readonly degradeAt: Instant | undefined;
  readonly lastDay: Instant;
  readonly track: Track;
}
function waitForNext({ policy, history, charge, letter, degradeAt = Infinity, lastDay, track }: Prospects): Decision {
  const chargeAt = charge.at !== undefined && charge.at < lastDay ? charge.at : Infinity;
  const mailAt = letter?.at ?? Infinity;
  const until = Math.min(chargeAt, mailAt, degradeAt, lastDay);
  const when = inWords(history.zone, until);
  const silent = contactOf(history) === undefined ? ' Mail reaches nobody there: every contact bounced.' : '';
  if (charge.at !== undefined && until === chargeAt)
    return wait(chargeRuleOf(charge), `The next attempt is on ${when}: ${charge.why}.${silent}`, until, 'charge');
  const none =
    chargeAt === Infinity
      ? ` No attempt is planned: ${charge.at === undefined ? charge.why : 'the next would come after the last day'}.`
      : '';
  if (until === mailAt) return wait(ruleOf(track), `The next mail goes out on ${when}.${none}`, until, 'mail');
  if (until === degradeAt)
    return wait('degrade-schedule', `Access is reduced on ${when} unless the invoice is paid.${none}${silent}`, until, 'degrade');
  return wait(
    'write-off-day',
    `The invoice is written off on ${when} unless it is paid (day ${policy.writeOff.day}).${none}${silent}`,
    until,
    'write-off',
  );
}
const chargeRuleOf = ({ trigger }: Pick<PlannedCharge, 'trigger'>): DunningRule =>
  trigger === 'schedule' || trigger === 'backup' ? 'retry-schedule' : 'person-asked';
const ruleOf = (track: Track): DunningRule =>
  track === 'hard' ? 'needs-payment-method' : track === 'authentication' ? 'needs-authentication' : 'mail-schedule';
