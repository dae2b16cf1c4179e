import type { KeyringBackupActivities } from '../activities/keyring-backups.ts';
import type { BackUpKeyringInput, BackUpKeyringResult } from './back-up-keyring.messages.ts';
import { runProcess } from './support/process.ts';
import { longRunning } from './support/proxies.ts';

const backups = longRunning<KeyringBackupActivities>();

/**
 * First the end of those that are past their time: a keyring that cannot be backed up keeps its older ones no longer for it.
 * There is nothing to undo: what a cancelled run has begun to store goes in its time.
 */
export function backUpKeyring({ run }: BackUpKeyringInput): Promise<BackUpKeyringResult> {
  return runProcess(run, ['remove-expired', 'back-up'], async ({ step }) => {
    const removed = await step('remove-expired', () => backups.expireKeyringBackups({ now: new Date().toISOString(), run }), {
      detail: (ids) => `${ids.length} removed`,
    });
    const backup = await step('back-up', () => backups.backUpKeyring({ run }), {
      detail: ({ sizeBytes, expiresAt }) => `${sizeBytes} bytes, kept until ${expiresAt}`,
    });
    return { backup, removed };
  });
}
