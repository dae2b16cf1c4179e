import type { BackupTaken } from '../activities/keyring-backups.ts';
import type { ProcessInput } from '../domain/run.ts';

export type BackUpKeyringInput = ProcessInput<object>;
export interface BackUpKeyringResult {
  readonly backup: BackupTaken;
  /** Ids of the backups that are gone since. */
  readonly removed: readonly string[];
}
