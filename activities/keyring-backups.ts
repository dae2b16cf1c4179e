import { Context } from '@temporalio/activity';
import type { Knex } from 'knex';
import { actorOf, type RunContext } from '../domain/run.ts';
import { backupsThatMayHold, type BackupTaken, type KeyringBackups } from '../platform/keyring-backups.ts';
import { keepAlive } from './support/keep-alive.ts';

export type { BackupTaken };
export interface KeyringBackupActivityDeps {
  readonly knex: Knex;
  readonly keyringBackups: Pick<KeyringBackups, 'take' | 'expire'>;
}
export interface HeldBackup {
  readonly backup: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}
const byOf = (run: RunContext) => ({ actorId: actorOf(run), requestId: run.requestId, runId: run.runId });

/** Both by `longRunning`. */
export const createKeyringBackupActivities = ({ knex, keyringBackups }: KeyringBackupActivityDeps) => ({
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
  /** Safe to retry: it only reads. Keyring backups that may hold keys destroyed at a time (RFC 3339, by the keyring's clock). */
  async findKeyringBackups({ destroyedAt }: { readonly destroyedAt: string }): Promise<HeldBackup[]> {
    const held = await backupsThatMayHold(knex, new Date(destroyedAt));
    return held.map(({ id, expiresAt }) => ({ backup: id, expiresAt: expiresAt.toISOString() }));
  },
});
export type KeyringBackupActivities = ReturnType<typeof createKeyringBackupActivities>;
