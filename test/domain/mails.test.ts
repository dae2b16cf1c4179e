import assert from 'node:assert/strict';
import { invitationMail } from '../../domain/mails.ts';

describe('domain/mails', () => {
  const mail = {
    schoolName: 'Lincoln High',
    displayName: 'Ada Lovelace',
    role: 'teacher',
    link: 'https://toolbox.example/invitations/accept#token=abc',
    expiresAt: new Date('2026-12-07T22:30:00Z'),
    locale: 'en',
    timeZone: 'Europe/Vienna',
  } as const;

  it('says who invites, as what, until when in the time of the school, and where', () => {
    const { subject, text } = invitationMail(mail);
    assert.equal(subject, 'Your invitation to Lincoln High on ToolboxAI');
    assert.match(text, /^Hello Ada Lovelace,\n\nLincoln High has set up ToolboxAI and invites you to join as a teacher\./);
    assert.match(text, /Accept the invitation: https:\/\/toolbox\.example\/invitations\/accept#token=abc\n/);
    assert.match(text, /until December 7, 2026 at 11:30\sPM \(Europe\/Vienna\)/);
  });

  it('treats whatever comes from a roster as text', () => {
    const { html } = invitationMail({ ...mail, displayName: '<img src=x onerror=alert(1)>', schoolName: `"O'Brien" & <b>Sons</b>` });
    assert.ok(!/<img|<b>/.test(html));
    assert.match(html, /Hello &lt;img src=x onerror=alert\(1\)&gt;,/);
    assert.match(html, /&quot;O&#39;Brien&quot; &amp; &lt;b&gt;Sons&lt;\/b&gt;/);
  });

  it('keeps line breaks of a name out of the subject and the greeting', () => {
    const { subject, text } = invitationMail({ ...mail, displayName: 'Ada\r\nBcc: all@x.example', schoolName: 'Lincoln\r\nHigh\u2028' });
    assert.equal(subject, 'Your invitation to Lincoln High on ToolboxAI');
    assert.ok(text.startsWith('Hello Ada Bcc: all@x.example,\n'));
  });

  it('greets whoever has no name, and answers a language it does not have in English', () => {
    const { text, html } = invitationMail({ ...mail, displayName: undefined, locale: 'tlh-Latn' });
    assert.ok(text.startsWith('Hello,\n'));
    assert.match(html, /<html lang="en">/);
    for (const locale of ['toString', 'valueOf', 'constructor'])
      assert.equal(invitationMail({ ...mail, locale }).subject, 'Your invitation to Lincoln High on ToolboxAI');
  });
});
