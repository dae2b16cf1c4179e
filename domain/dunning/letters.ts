import type { MailText } from '../mails.ts';
import { oneLine, pageOf } from '../mails.ts';

export interface DunningLetter {
  /** Of the policy. */
  readonly template: string;
  readonly schoolName: string;
  readonly displayName?: string | undefined;
  readonly invoiceNumber: string | null;
  readonly amountMinor: number;
  /** ISO 4217, as Stripe writes it. */
  readonly currency: string;
  readonly link: string;
  /** BCP 47; a language without texts of its own is answered in English, with its own way to write numbers. */
  readonly locale: string;
}
interface Words {
  readonly subject: string;
  /** `{bill}` is the invoice with its amount. */
  readonly what: string;
  readonly button: string;
}

const pay = 'Pay the invoice';
const change = 'Pay with another card';

/** What each template says. The bank's own words are not among them: they are for staff. */
const templates: ReadonlyMap<string, Words> = new Map([
  [
    'payment-delayed',
    {
      subject: 'Your payment is delayed',
      what: 'We could not collect {bill} yet: the payment service could not be reached. We go on trying. You need not do anything.',
      button: pay,
    },
  ],
  [
    'payment-failed',
    {
      subject: 'Your payment failed',
      what: 'We could not collect {bill}: the bank declined the payment. We try again in the next days. You can also pay now.',
      button: pay,
    },
  ],
  [
    'payment-reminder',
    {
      subject: 'Your invoice is still open',
      what: '{bill} is still not paid. We go on trying; with another card you can settle it now.',
      button: change,
    },
  ],
  [
    'payment-warning',
    {
      subject: 'Your access will be reduced',
      what: '{bill} is still not paid. If it stays so, access to ToolboxAI is reduced in the next days.',
      button: pay,
    },
  ],
  [
    'payment-last-call',
    {
      subject: 'Last call: your subscription is about to end',
      what: '{bill} is still not paid. If it stays so, your subscription ends in the next days.',
      button: pay,
    },
  ],
  [
    'payment-method-needed',
    {
      subject: 'A new payment method is needed',
      what: 'We could not collect {bill}, and trying again with the same card will not help. Please pay with another one.',
      button: change,
    },
  ],
  [
    'payment-method-reminder',
    {
      subject: 'A new payment method is still needed',
      what: '{bill} is not paid, and we have no payment method that works. Please pay with another one.',
      button: change,
    },
  ],
  [
    'payment-method-warning',
    {
      subject: 'Your access will be reduced',
      what: '{bill} is not paid, and we have no payment method that works. If it stays so, access to ToolboxAI is reduced in the next days.',
      button: change,
    },
  ],
  [
    'payment-authentication-needed',
    {
      subject: 'Please confirm your payment',
      what: 'The bank asks you to confirm the payment of {bill}. Only you can do that: it takes a minute.',
      button: 'Confirm the payment',
    },
  ],
  [
    'payment-authentication-reminder',
    {
      subject: 'Your payment still waits for you',
      what: 'The bank still waits for you to confirm the payment of {bill}.',
      button: 'Confirm the payment',
    },
  ],
  [
    'payment-authentication-warning',
    {
      subject: 'Your access will be reduced',
      what: 'The payment of {bill} still waits for your confirmation. If it stays so, access to ToolboxAI is reduced in the next days.',
      button: 'Confirm the payment',
    },
  ],
  [
    'access-read-only',
    {
      subject: 'Your access was reduced',
      what: '{bill} is not paid. From now on everything in ToolboxAI can be read and nothing changed, until it is.',
      button: pay,
    },
  ],
  [
    'access-suspended',
    {
      subject: 'Your access is suspended',
      what: '{bill} is not paid. ToolboxAI is closed to your school until it is; billing stays open.',
      button: pay,
    },
  ],
  [
    'subscription-cancelled',
    {
      subject: 'Your subscription was ended',
      what: '{bill} was not paid, so your subscription was ended. Please write to us if you want to come back.',
      button: pay,
    },
  ],
  [
    'invoice-written-off',
    { subject: 'We stop collecting your invoice', what: 'We stop trying to collect {bill}. You can still pay it.', button: pay },
  ],
] as const satisfies readonly (readonly [string, Words])[]);
/** A policy may name templates of its own. */
const plain: Words = { subject: 'Your invoice is not paid', what: '{bill} is not paid.', button: pay };

export const letterTemplates: readonly string[] = [...templates.keys()];

/** A mail about an unpaid invoice. Whatever comes from a school is text in it, never markup. */
export function dunningLetter(letter: DunningLetter): MailText {
  const { subject, what, button } = templates.get(letter.template) ?? plain;
  const school = oneLine(letter.schoolName);
  const number = letter.invoiceNumber ? ` ${oneLine(letter.invoiceNumber)}` : '';
  const bill = `invoice${number} over ${moneyOf(letter)}`;
  const said = what.replace('{bill}', bill);
  const lines = {
    greeting: letter.displayName ? `Hello ${oneLine(letter.displayName)},` : 'Hello,',
    what: `${said.charAt(0).toUpperCase()}${said.slice(1)}`,
    until: `You get this mail because you see to billing for ${school}.`,
    mistake: 'If you have just paid, ignore it.',
  };
  const text = [lines.greeting, lines.what, `${button}: ${letter.link}`, lines.until, lines.mistake].join('\n\n');
  return { subject: `${subject} (${school})`, text: `${text}\n`, html: pageOf('en', lines, button, letter.link) };
}

/** As the reader writes it: minor units of the currency, of which some have none. */
function moneyOf({ amountMinor, currency, locale }: DunningLetter): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency: currency.toUpperCase() });
  return format.format(amountMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2)).replaceAll(/\s/g, ' ');
}
