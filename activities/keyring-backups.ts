import { Context } from '@temporalio/activity';
import { actorOf, type RunContext } from '../domain/run.ts';
import type { BackupTaken, KeyringBackups } from '../platform/keyring-backups.ts';
import { keepAlive } from './support/keep-alive.ts';

export type { BackupTaken };
export interface KeyringBackupActivityDeps {
  readonly keyringBackups: Pick<KeyringBackups, 'take' | 'expire'>;
}
const byOf = (run: RunContext) => ({ actorId: actorOf(run), requestId: run.requestId, runId: run.runId });

/** Both by `longRunning`. */
export const createKeyringBackupActivities = ({ keyringBackups }: KeyringBackupActivityDeps) => ({
  /**
   * Safe to retry: the backup has the run's id. One that is stored is not taken again; what an attempt that died has stored is written over
   * by the next, which reads the keyring anew, and counts from the first on among those that may hold what is destroyed meanwhile.
   */
  async backUpKeyring({ run }: { readonly run: RunContext }): Promise<BackupTaken> {
    const { cancellationSignal } = Context.current();
    return await keepAlive({ position: undefined }, () => keyringBackups.take(run.runId, byOf(run), cancellationSignal));
  },
  /**
   * Safe to retry, and at any time: what is gone is not found. Removes every backup whose time is over at `now` (RFC 3339). Resolves to
   * their ids; those of an attempt that died are not among them.
   */
  async expireKeyringBackups({ now, run }: { readonly now: string; readonly run: RunContext }): Promise<string[]> {
    return await keepAlive({ position: undefined }, () => keyringBackups.expire(new Date(now), byOf(run)));
  },
});
export type KeyringBackupActivities = ReturnType<typeof createKeyringBackupActivities>;
