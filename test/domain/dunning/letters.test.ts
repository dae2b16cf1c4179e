import assert from 'node:assert/strict';
import { dunningLetter, letterTemplates } from '../../../domain/dunning/letters.ts';
import { defaultPolicy } from '../../../domain/dunning/policy.ts';

const letter = {
  template: 'payment-failed',
  schoolName: 'Lincoln <High>\nBcc: all@example.org',
  displayName: 'Ada & Co',
  invoiceNumber: 'ABC-0001',
  amountMinor: 4_900,
  currency: 'usd',
  link: 'https://invoice.stripe.com/i/1?a=1&b=2',
  locale: 'en',
};

describe('domain/dunning/letters', () => {
  it('have words of their own for every template of the standard policy', () => {
    const named = [...Object.values(defaultPolicy.mails).flat(), ...defaultPolicy.degrade.steps].map(({ template = '' }) => template);
    for (const template of named) assert.ok(letterTemplates.includes(template), template);
    const subjects = letterTemplates.map((template) => dunningLetter({ ...letter, template }).subject);
    assert.ok(
      subjects.every((subject) => !subject.includes('{')),
      subjects.join(', '),
    );
  });

  it('say the bill, the amount and the link, and take what a school is called for text', () => {
    const { subject, text, html } = dunningLetter(letter);
    assert.doesNotMatch(subject, /\n/);
    assert.match(text, /invoice ABC-0001 over \$49\.00/);
    assert.ok(text.includes(letter.link), text);
    assert.match(html, /Lincoln &lt;High&gt; Bcc: all@example\.org/);
    assert.match(html, /a=1&amp;b=2/);
  });

  it('write money as its currency has it, in the reader’s way', () => {
    const say = (currency: string, locale: string) => dunningLetter({ ...letter, currency, locale }).text;
    assert.match(say('jpy', 'en'), /¥4,900/);
    assert.match(say('eur', 'de'), /49,00 €/);
  });

  it('say the least where a policy names a template of its own', () => {
    assert.match(dunningLetter({ ...letter, template: 'our-own' }).text, /Invoice ABC-0001 over \$49\.00 is not paid\./);
  });
});
