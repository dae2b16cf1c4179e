import type { Track } from './declines.ts';
import type { InvoiceHistory } from './history.ts';
import { day, type Instant } from './instant.ts';
import type { DunningPolicy, MailStep } from './policy.ts';
import { nextInWindow } from './windows.ts';

export interface PlannedMail extends Omit<MailStep, 'day'> {
  readonly at: Instant;
  readonly contact: string;
  /** The contacts before it bounced. */
  readonly instead: boolean;
}

/** Whether a step has reached, as far as anybody knows, one contact. */
const isSent = ({ mails, bouncedContacts }: InvoiceHistory, step: string): boolean =>
  mails.some((mail) => mail.step === step && !bouncedContacts.includes(mail.contact));

export const contactOf = ({ contacts, bouncedContacts }: InvoiceHistory): string | undefined =>
  contacts.find((contact) => !bouncedContacts.includes(contact));

function planned(history: InvoiceHistory, { step, template }: { step: string; template: string }, at: Instant): PlannedMail | undefined {
  const contact = contactOf(history);
  if (contact === undefined || isSent(history, step)) return undefined;
  return { step, template, at, contact, instead: contact !== history.contacts[0] };
}

/** The word on the level the tenant was last brought down to. */
export function degradeMail(policy: DunningPolicy, history: InvoiceHistory): PlannedMail | undefined {
  const last = history.degraded.at(-1);
  const template = policy.degrade.steps.find(({ level }) => level === last?.to)?.template;
  if (!last || !template || last.at < history.since) return undefined;
  return planned(history, { step: `degrade-${last.to}`, template }, last.at);
}

/**
 * The next mail of a track. What is overdue is not caught up with: of several steps due only the last is mailed, for nobody wants to read
 * a notice and its reminder in one minute.
 */
export function nextMail(
  policy: DunningPolicy,
  history: InvoiceHistory,
  track: Track,
  from: Instant,
  now: Instant,
): PlannedMail | undefined {
  let due: PlannedMail | undefined;
  for (const mail of policy.mails[track]) {
    if (isSent(history, mail.step)) {
      due = undefined;
      continue;
    }
    const moment = from + mail.day * day;
    const at = mail.day === 0 ? moment : nextInWindow(policy.window, history.zone, moment);
    if (at > now) return due ?? planned(history, mail, at);
    due = planned(history, mail, at);
  }
  return due;
}

export function writeOffMail(policy: DunningPolicy, history: InvoiceHistory, at: Instant): PlannedMail | undefined {
  const { template } = policy.writeOff;
  return template ? planned(history, { step: 'write-off', template }, at) : undefined;
}
