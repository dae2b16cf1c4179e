import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify/sync';
import { until } from '../../support/until.ts';
import { backUpDatabase } from '../backups.ts';
import { wholeDatabase } from '../databases.ts';
import type { Person } from '../person.ts';
import type { Platform } from '../platform.ts';
import { expectPage, expectRefusal, type OwnAccount } from './account.ts';
import type { Staff } from './staff.ts';

/** What a person does themselves: decides, asks for a copy of their data, forgets their password, mistypes. */
export async function useThePlatform(person: Person, { browser, token, personId }: OwnAccount): Promise<void> {
  const { email, password, name } = person;
  for (const purpose of ['roblox-link', 'product-analytics'])
    expectPage(await browser('/v1/consents', { token, body: { personId, purpose, version: 1, decision: 'granted' } }), 201);
  expectPage(await browser('/v1/auth/mfa/enrol', { body: { email, password } }), 200);
  expectPage(await browser('/v1/auth/password-reset', { body: { email } }), 202);
  // What does not belong there ends up in addresses and fields all the same.
  for (const mistyped of [email, name]) {
    const word = encodeURIComponent(mistyped);
    for (const path of [`/v1/people/${word}`, `/v1/${word}`, `/v1/people?role=${word}`, `/v1/people?${word}=1`])
      expectRefusal(await browser(path, { token }));
    expectRefusal(await browser('/v1/consents', { token, body: { personId: mistyped, [mistyped]: mistyped } }));
  }
}

/** Starts a package of their data, which stays sealed to a passphrase that nobody has asked for yet. */
export async function askForCopy({ browser, token }: OwnAccount, admin: Staff): Promise<void> {
  const body = { recipient: { kind: 'passphrase' } };
  const { id } = expectPage<{ id: string }>(await browser('/v1/me/exports', { token, body }), 202);
  await admin.completed(id);
}

/** What a school and the platform's staff do about a person. */
export async function workOn(person: Person, { admin, staff, tenantId }: { admin: Staff; staff: Staff; tenantId: string }): Promise<void> {
  const headers = { 'content-type': 'text/csv' };
  const csv = stringify([Object.keys(person), Object.values(person)]);
  await admin.api.call('/v1/uploads', { method: 'POST', stream: Readable.from([Buffer.from(csv)]), headers });
  const reason = `${person.name} (${person.email}, ${person.phone}) cannot sign in and asked for help.`;
  await staff.api.call('/v1/break-glass', { method: 'POST', body: { tenantId, role: 'teacher', reason, minutes: 5 } });
  const paid = async (): Promise<boolean> => (await admin.api.call<{ items: readonly unknown[] }>('/v1/billing/payments')).items.length > 0;
  await until(paid, 60_000, 250);
}

/** Backups of both clusters while the person is in them. */
export async function backUpEverything({ home, up }: Platform, staff: Staff): Promise<void> {
  await staff.run('back-up-keyring', {});
  await backUpDatabase(home, wholeDatabase(up.postgres), 'before.dump');
}
