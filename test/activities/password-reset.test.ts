import assert from 'node:assert/strict';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createPasswordResetMailActivities } from '../../activities/password-reset-mail.ts';
import { createPasswordResetActivities } from '../../activities/password-reset.ts';
import { createAccounts } from '../../platform/identity/accounts.ts';
import { createPasswordResetDesk } from '../../platform/identity/password-reset.ts';
import { newId } from '../../platform/ids.ts';
import { createMail } from '../../platform/mail.ts';
import { Account } from '../../platform/models/account.ts';
import { verifyPassword } from '../../platform/passwords.ts';
import { useSandbox } from '../support/sandbox.ts';
import { runOf, sealInput, useMaking } from './support/school-in-making.ts';

interface Message {
  readonly to: string;
  readonly text: string;
  readonly customArgs: Readonly<Record<string, string>>;
}

describe('activities/password-reset', () => {
  const making = useMaking();
  const sendgrid = useSandbox('sendgrid');
  let activities: ReturnType<typeof createPasswordResetActivities> & ReturnType<typeof createPasswordResetMailActivities>;
  before(() => {
    const mail = createMail({ apiKey: 'SG.test', apiBase: sendgrid.url, from: 'ToolboxAI <hello@toolbox.example>', activityLagSeconds: 0 });
    const { databases, keyring, vault } = making;
    const deps = { knex: databases.main, keyring, vault: vault.vault, mail, publicUrl: 'https://toolbox.example' };
    activities = Object.assign(createPasswordResetMailActivities(deps), createPasswordResetActivities(deps));
  });
  beforeEach(() => sendgrid.control.reset());

  const run = <A, R>(act: (input: A) => Promise<R>, input: A): Promise<R> =>
    new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run<[A], R, (input: A) => Promise<R>>(act, input);
  const outbox = async (): Promise<readonly Message[]> =>
    (await sendgrid.control.call<{ messages: Message[] }>('GET', '/messages')).messages;
  const accounts = () => createAccounts({ main: making.databases.main, keyring: making.keyring });
  async function newAccount(
    login = `${newId()}@example.org`,
    password: string | undefined = 'correct horse battery',
  ): Promise<{ accountId: string; login: string }> {
    const accountId = newId();
    await accounts().createAccount({ accountId, login, ...(password ? { password } : {}) });
    return { accountId, login };
  }
  const find = async (login: string) => activities.findAccountToReset({ run: runOf(await sealInput(making, { login })) });
  const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();
  const send = (accountId: string, resetId = newId(), expiresAt = inAnHour()) =>
    run(activities.sendPasswordReset, { resetId, accountId, expiresAt });

  it('finds the account that has the login, and nobody where no mail is to go', async () => {
    const { accountId, login } = await newAccount();
    assert.deepEqual(await find(login.toUpperCase()), { accountId });
    const invited = await newAccount(undefined, '');
    const student = await newAccount(`${newId()}@school`);
    await Account.query(making.databases.main).findById(accountId).patch({ status: 'suspended' });
    for (const nobody of [login, invited.login, student.login, 'nobody@example.org'])
      assert.deepEqual(await find(nobody), { accountId: null });
  });

  it('mails a link that sets a new password once', async () => {
    const { accountId, login } = await newAccount();
    const resetId = newId();
    assert.deepEqual(await send(accountId, resetId), { sent: true });
    const [mail] = await outbox();
    assert.deepEqual([mail?.to, mail?.customArgs], [login, { dedup_key: resetId }]);
    const [, token = ''] = /https:\/\/toolbox\.example\/password-reset#token=([\w-]+)/.exec(mail?.text ?? '') ?? [];
    const { databases, keyring, vault } = making;
    const desk = createPasswordResetDesk({ main: databases.main, keyring, vault: vault.vault, clock: () => new Date() });
    await desk.resetPassword({ token, password: 'a wholly new password' });
    const account = await Account.query(databases.main).findById(accountId);
    assert.ok(await verifyPassword(account?.password_hash, 'a wholly new password'));
    await assert.rejects(desk.resetPassword({ token, password: 'another new password' }), { code: 'password-reset-invalid' });
  });

  it('sends one mail however often it is tried, and asks when an answer was lost', async () => {
    const { accountId } = await newAccount();
    const [resetId, expiresAt] = [newId(), inAnHour()];
    await sendgrid.control.addFault({ kind: 'reset-after', method: 'POST', path: '/v3/mail/send', times: 1 });
    await assert.rejects(send(accountId, resetId, expiresAt), { code: 'vendor-unavailable' });
    assert.deepEqual(await send(accountId, resetId, expiresAt), { sent: true });
    assert.deepEqual(await send(accountId, resetId, expiresAt), { sent: true });
    assert.equal((await outbox()).length, 1);
  });

  it('says so when the address is not taken, or the account is gone', async () => {
    const { accountId } = await newAccount();
    await sendgrid.control.addFault({ kind: 'status', status: 400, method: 'POST', path: '/v3/mail/send', times: 1 });
    assert.deepEqual(await send(accountId), { sent: false });
    assert.deepEqual(await send(newId()), { sent: false });
  });
});
