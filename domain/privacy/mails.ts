import { type MailText, pageOf } from '../mails.ts';

export interface EscalationMail {
  /** deadline: the law's time runs out and nothing is erased. residual: something is left that cannot be erased. */
  readonly reason: 'deadline' | 'residual';
  /** RFC 3339. */
  readonly dueAt: string;
  /** Where something is left, in the map's words. */
  readonly places: readonly string[];
  readonly link: string;
  /** IANA, the reader's. */
  readonly timeZone: string;
}

/** Tells the platform's own staff that a request needs them. It names nobody: who it is about is behind the link. */
export function escalationMail({ reason, dueAt, places, link, timeZone }: EscalationMail): MailText {
  const due = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short', timeZone }).format(new Date(dueAt));
  const subject = reason === 'deadline' ? 'A request for erasure is about to miss its deadline' : 'An erasure cannot be completed';
  const lines = {
    greeting: 'Hello,',
    what:
      reason === 'deadline'
        ? 'A request for erasure is not carried out yet: it waits for a verification, an approval, a confirmation or the end of a hold.'
        : `An erasure was carried out, and searching again still finds something in: ${places.join(', ')}. It is tried again until nothing is left.`,
    until: `By law it must be done by ${due}.`,
    mistake: 'You get this mail because you look after requests about personal data.',
  };
  const text = [lines.greeting, lines.what, `Open the request: ${link}`, lines.until, lines.mistake].join('\n\n');
  return { subject, text, html: pageOf('en', lines, 'Open the request', link) };
}
