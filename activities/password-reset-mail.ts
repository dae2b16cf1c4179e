import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Knex } from 'knex';
import { passwordResetMail } from '../domain/mails.ts';
import { platformTenantId } from '../domain/roles.ts';
import { taskQueues } from '../domain/task-queues.ts';
import { loginOf, passwordResetToken } from '../platform/identity/password-reset.ts';
import type { Keyring } from '../platform/keyring.ts';
import type { Mail } from '../platform/mail.ts';
import { Account } from '../platform/models/account.ts';
import type { Vault } from '../platform/vault.ts';
import { keepAlive } from './support/keep-alive.ts';
import { once } from './support/once.ts';
import { onQueue } from './support/on-queue.ts';

export interface PasswordResetMailDeps {
  readonly knex: Knex;
  readonly keyring: Keyring;
  readonly vault: Pick<Vault, 'hmacBatch'>;
  readonly mail: Mail;
  /** Where the links in mails lead. */
  readonly publicUrl: string;
}
interface SendInput {
  readonly resetId: string;
  readonly accountId: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}
/** What stands for the vendor's id of a mail it would not take. */
const refused = 'refused';

export const createPasswordResetMailActivities = (deps: PasswordResetMailDeps) =>
  onQueue(taskQueues.sendgrid, {
    /**
     * Safe to retry: the mail's intention is written down before it is sent, and one without an outcome is asked for at SendGrid first.
     * False when SendGrid does not take the address, or the account is gone.
     */
    async sendPasswordReset({ resetId, accountId, expiresAt }: SendInput): Promise<{ sent: boolean }> {
      const letter = await writeLetter(deps, accountId, new Date(expiresAt));
      if (!letter) return { sent: false };
      const { mail } = deps;
      const effect = { tenantId: platformTenantId, key: `password-reset:${resetId}`, vendor: 'sendgrid', operation: 'send-password-reset' };
      const ask = async (since: Date): Promise<string | undefined> => {
        // What an attempt that died has sent shows only after a while: until then a "no" means nothing.
        const left = since.getTime() + mail.activityLagSeconds * 1000 - Date.now();
        await sleep(Math.max(left, 0), undefined, { signal: Context.current().cancellationSignal });
        return mail.findByDedupKey(resetId);
      };
      const act = async (): Promise<string> => {
        const sent = await mail.send({ ...letter, dedupKey: resetId, category: 'password-reset' });
        return 'refused' in sent ? refused : sent.messageId;
      };
      const ref = await keepAlive({ position: 0 }, () => once(deps, effect, { ask, act }));
      return { sent: ref !== refused };
    },
  });
export type PasswordResetMailActivities = ReturnType<typeof createPasswordResetMailActivities>;

/** The mail as it goes out: personal data in clear, so never stored, logged or returned. */
async function writeLetter({ knex, keyring, vault, publicUrl }: PasswordResetMailDeps, accountId: string, expiresAt: Date) {
  const account = await Account.query(knex).findById(accountId);
  const email = account && (await loginOf(keyring, account));
  if (!account?.password_hash || !email) return undefined;
  const token = await passwordResetToken(vault, { accountId, expiresAt, passwordHash: account.password_hash });
  const link = `${publicUrl}/password-reset#token=${token}`;
  return { to: { email }, ...passwordResetMail({ link, expiresAt, timeZone: account.time_zone }) };
}
