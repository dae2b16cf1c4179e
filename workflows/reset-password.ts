import { CancellationScope } from '@temporalio/workflow';
import type { AccountActivities } from '../activities/account.ts';
import type { PasswordResetMailActivities } from '../activities/password-reset-mail.ts';
import type { PasswordResetActivities } from '../activities/password-reset.ts';
import type { ResetPasswordInput, ResetPasswordResult } from './reset-password.messages.ts';
import { runProcess, type Steps } from './support/process.ts';
import { database, sendgrid } from './support/proxies.ts';

const stores = database<AccountActivities & PasswordResetActivities>();
const mails = sendgrid.longRunning<PasswordResetMailActivities>();

const hourMs = 3_600_000;

/** Mails a link that sets a new password. Nothing is to be undone: until the link is used nothing has changed, and it dies by itself. */
export async function resetPassword(input: ResetPasswordInput): Promise<ResetPasswordResult> {
  return runProcess(input.run, ['find-account', 'send-mail', 'discard-input'], async (steps) => {
    try {
      return { mailed: await mail(input, steps) };
    } finally {
      await CancellationScope.nonCancellable(() => discard(input, steps));
    }
  });
}

async function mail({ resetId, run }: ResetPasswordInput, { step, skip }: Steps): Promise<boolean> {
  const { accountId } = await step('find-account', () => stores.findAccountToReset({ run }));
  if (accountId === null) {
    skip('send-mail');
    return false;
  }
  const expiresAt = new Date(Date.now() + hourMs).toISOString();
  const { sent } = await step('send-mail', () => mails.sendPasswordReset({ resetId, accountId, expiresAt }));
  return sent;
}

async function discard({ run: { tenantId, sealedInputId } }: ResetPasswordInput, { step }: Steps): Promise<void> {
  await step('discard-input', async () => {
    if (sealedInputId) await stores.discardInput({ tenantId, sealedInputId });
  });
}
