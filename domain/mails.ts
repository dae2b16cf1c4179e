import type { Role } from './roles.ts';

/** A mail as people read it. */
export interface MailText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}
export interface InvitationMail {
  readonly schoolName: string;
  /** Absent when the roster gave no name. */
  readonly displayName: string | undefined;
  readonly role: Role;
  readonly link: string;
  readonly expiresAt: Date;
  /** BCP 47; a language without texts of its own is answered in English. */
  readonly locale: string;
  /** IANA, the school's. */
  readonly timeZone: string;
}

interface InvitationWords {
  readonly subject: (school: string) => string;
  readonly greeting: (name: string | undefined) => string;
  readonly what: (school: string, role: string) => string;
  readonly button: string;
  readonly until: (date: string) => string;
  readonly mistake: string;
  readonly roles: Partial<Record<Role, string>>;
}

const en: InvitationWords = {
  subject: (school) => `Your invitation to ${school} on ToolboxAI`,
  greeting: (name) => (name ? `Hello ${name},` : 'Hello,'),
  what: (school, role) => `${school} has set up ToolboxAI and invites you to join as ${role}.`,
  button: 'Accept the invitation',
  until: (date) => `The link is yours alone and works until ${date}.`,
  mistake: 'If you did not expect this mail, ignore it: nothing happens until the link is opened.',
  roles: { tenant_admin: 'an administrator', billing: 'a billing contact', developer: 'a developer', teacher: 'a teacher' },
};
// A map: a locale may be called as what every object has (`valueOf` is a well-formed language).
const languages: ReadonlyMap<string, InvitationWords> = new Map([['en', en]]);
const languageOf = (locale: string): string => locale.split('-')[0] ?? 'en';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (mark) => escapes[mark] ?? mark);
/** A subject is a header: a line break in it would end it. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();

/** The mail that lets a person make an account. Whatever comes from a roster is text in it, never markup. */
export function invitationMail(mail: InvitationMail): MailText {
  const own = languages.get(languageOf(mail.locale));
  const [words, locale] = own ? [own, mail.locale] : [en, 'en'];
  const when = new Intl.DateTimeFormat(locale, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: mail.timeZone,
  });
  const school = oneLine(mail.schoolName);
  const lines = {
    greeting: words.greeting(mail.displayName && oneLine(mail.displayName)),
    what: words.what(school, words.roles[mail.role] ?? mail.role),
    until: words.until(`${when.format(mail.expiresAt)} (${mail.timeZone})`),
    mistake: words.mistake,
  };
  const text = [lines.greeting, lines.what, `${words.button}: ${mail.link}`, lines.until, lines.mistake].join('\n\n');
  return {
    subject: words.subject(school),
    text: `${text}\n`,
    html: pageOf(locale, lines, words.button, mail.link),
  };
}

export interface PasswordResetMail {
  readonly link: string;
  readonly expiresAt: Date;
  /** IANA, the account's. */
  readonly timeZone: string;
}

/** The mail that lets a new password be set. */
export function passwordResetMail({ link, expiresAt, timeZone }: PasswordResetMail): MailText {
  const when = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short', timeZone });
  const lines = {
    greeting: 'Hello,',
    what: 'A new password was asked for your account on ToolboxAI. Setting it signs the account out everywhere.',
    until: `The link works once, until ${when.format(expiresAt)} (${timeZone}).`,
    mistake: 'If you did not ask for it, ignore this mail: your password stays as it is.',
  };
  const button = 'Set a new password';
  const text = [lines.greeting, lines.what, `${button}: ${link}`, lines.until, lines.mistake].join('\n\n');
  return { subject: 'Set a new password for ToolboxAI', text: `${text}\n`, html: pageOf('en', lines, button, link) };
}

type Lines = Readonly<Record<'greeting' | 'what' | 'until' | 'mistake', string>>;

export function pageOf(lang: string, { greeting, what, until, mistake }: Lines, button: string, link: string): string {
  const paragraph = (text: string): string => `<p>${escapeHtml(text)}</p>`;
  const style = 'display:inline-block;padding:12px 20px;border-radius:6px;background:#1c4ed8;color:#ffffff;text-decoration:none';
  return [
    `<!doctype html><html lang="${escapeHtml(lang)}"><head><meta charset="utf-8"></head>`,
    '<body style="font-family:sans-serif;line-height:1.5;color:#1a1a1a;max-width:36em">',
    paragraph(greeting),
    paragraph(what),
    `<p><a href="${escapeHtml(link)}" style="${style}">${escapeHtml(button)}</a></p>`,
    paragraph(until),
    paragraph(mistake),
    '</body></html>',
  ].join('\n');
}
