import assert from 'node:assert/strict';
import type { OnboardSchoolResult } from '../../workflows/onboard-school.messages.ts';
import { admin } from '../activities/support/school-in-making.ts';
import { openedHistory } from '../support/opened-history.ts';
import { useOnboarding } from './support/onboarding.ts';
import { runRow, stepNames, stepsOf } from './support/runs.ts';
import { rosterFiles, rosterWords, zipOf } from './support/small-roster.ts';
import { databaseRows } from './support/stores.ts';

describe('onboardSchool', () => {
  const onboarding = useOnboarding();
  const withRoster = async (input: object = {}) =>
    onboarding.start({ ...input, rosterUploadId: await onboarding.upload(await zipOf(rosterFiles)) });

  it('makes a school without a roster: keys, storage, trial, one administrator with one mail', async () => {
    const { handle, tenantId, slug } = await onboarding.start({ timeZone: 'Europe/Vienna' });
    const { invoice, trialEndsAt, ...result } = (await handle.result()) as OnboardSchoolResult;
    const counts = { users: 0, classes: 0, enrollments: 0, badRows: 0 };
    assert.deepEqual(result, { tenantId, slug, counts, mailsSent: 1, mailsUndeliverable: 0 });
    assert.deepEqual([invoice.amountMinor, invoice.currency, invoice.status], [0, 'usd', 'paid']);
    assert.ok(Date.parse(trialEndsAt ?? '') > Date.now());
    assert.deepEqual(await stepsOf(handle), { ...Object.fromEntries(stepNames.map((name) => [name, 'done'])), 'import-roster': 'skipped' });
    const row = await runRow(onboarding, tenantId);
    assert.deepEqual([row.status, (row.result as { tenantId?: string } | null)?.tenantId], ['completed', tenantId]);
  });

  it('makes a school with its roster, keeps the good rows and invites the staff', async () => {
    const { handle } = await withRoster();
    const { counts, roster, mailsSent } = (await handle.result()) as OnboardSchoolResult;
    assert.deepEqual(counts, { users: 22, classes: 1, enrollments: 21, badRows: 1 });
    assert.deepEqual([roster?.format, mailsSent], ['sds-v2', 3]);
  });

  it('invites only the administrator when the staff are not to be', async () => {
    const { handle } = await withRoster({ inviteStaff: false });
    assert.equal(((await handle.result()) as OnboardSchoolResult).mailsSent, 1);
  });

  it('shows every step from the start', async () => {
    let shown: string[] = [];
    const started = onboarding.start();
    onboarding.around = async (name, act) => {
      if (name === 'checkSchool') shown = Object.values(await stepsOf((await started).handle));
      return act();
    };
    await (await started).handle.result();
    assert.deepEqual(shown, ['running', ...Array<string>(11).fill('pending')]);
  });

  it('leaves no name and no address in clear: not in the databases, the history, nor at Stripe and Pusher', async () => {
    const { handle } = await withRoster();
    await handle.result();
    const words = [...rosterWords, admin.adminName, admin.adminEmail, 'Lovelace'];
    const { main, keyring } = await databaseRows(onboarding);
    assert.deepEqual(wordsIn(words, [...main.values(), ...keyring.values()].flat().join('\n')), []);
    assert.deepEqual(wordsIn(words, payloadsOf(await openedHistory(handle))), []);
    for (const { control } of [onboarding.stripe, onboarding.pusher])
      assert.deepEqual(wordsIn(words, JSON.stringify(await control.ledger())), []);
    const customers = await onboarding.stripeClient.customers.list({ limit: 100 }).autoPagingToArray({ limit: 1_000 });
    assert.deepEqual(wordsIn(words, JSON.stringify(customers)), []);
  });

  it('finds a name in a dump and in a history that hold one', async () => {
    assert.deepEqual(wordsIn(['Hopperish'], `(1,"\\\\x${Buffer.from('Grace Hopperish').toString('hex')}")`), ['Hopperish']);
    assert.deepEqual(
      wordsIn(['Hopperish'], payloadsOf({ events: [{ input: { payloads: [{ data: Buffer.from('"Grace Hopperish"') }] } }] })),
      ['Hopperish'],
    );
  });
}).timeout(60_000);

/** The words that stand in a text in clear, in hexadecimal or in base64 at any offset, whatever their case. */
function wordsIn(words: readonly string[], text: string): string[] {
  const lower = text.toLowerCase();
  return words.filter((word) => {
    const hex = Buffer.from(word).toString('hex');
    const base64 = [0, 1, 2].map((offset) =>
      Buffer.from(' '.repeat(offset) + word)
        .toString('base64')
        .slice(Math.ceil((offset * 4) / 3), -4),
    );
    return lower.includes(word.toLowerCase()) || lower.includes(hex) || base64.some((part) => text.includes(part));
  });
}

/** Everything a history says: its fields, and its payloads decoded. */
function payloadsOf(history: unknown): string {
  const decode = (_key: string, value: unknown): unknown => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
    const bytes = value as { type?: string; data?: number[] } | null;
    return bytes?.type === 'Buffer' && Array.isArray(bytes.data) ? Buffer.from(bytes.data).toString('utf8') : value;
  };
  return JSON.stringify(history, decode);
}
