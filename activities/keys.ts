import type { Keyring } from '../platform/keyring.ts';
import type { ShredReceipt, Shredder } from '../platform/shred-keys.ts';
import type { Vault } from '../platform/vault.ts';
import { keepAlive } from './support/keep-alive.ts';

export interface KeyDeps {
  readonly vault: Pick<Vault, 'createTenantKey'>;
  readonly keyring: Pick<Keyring, 'blindIndex' | 'destroyTenant'>;
}

export interface KeyDestructionDeps {
  readonly keyring: Pick<Keyring, 'destroySubjectKeys'>;
  readonly shredder: Pick<Shredder, 'shred'>;
}

export const createKeyActivities = ({ vault, keyring }: KeyDeps) => ({
  /** Safe to retry: keys that are there stay as they are. Makes the tenant's key and the key of its blind index. */
  async createTenantKeys({ tenantId }: { readonly tenantId: string }): Promise<void> {
    await vault.createTenantKey(tenantId);
    await keyring.blindIndex(tenantId);
  },
  /** Safe to retry, and when there are none: every key and index of the tenant, then the key that wraps them. */
  async destroyTenantKeys({ tenantId }: { readonly tenantId: string }): Promise<void> {
    await keyring.destroyTenant(tenantId);
  },
});
export type KeyActivities = ReturnType<typeof createKeyActivities>;

/** Destroying a person's key takes both: the first, and then the second, which many may share. Both by `longRunning`. */
export const createKeyDestructionActivities = ({ keyring, shredder }: KeyDestructionDeps) => ({
  /**
   * Safe to retry, and when there are none: rows that are gone are not found, and the other processes are told again. From its end on the
   * keys open nothing; until they have been shredded they are in the keyring's files. `destroyedAt` (RFC 3339, the keyring's clock) is when
   * the last attempt looked: a keyring backup that began before it may hold them (platform/keyring-backups.ts).
   */
  async destroySubjectKeys(input: { readonly tenantId: string; readonly subjectIds: readonly string[] }): Promise<{ destroyedAt: string }> {
    const at = await keyring.destroySubjectKeys(input.tenantId, input.subjectIds);
    return { destroyedAt: at.toISOString() };
  },
  /**
   * Safe to retry: a shredding that was cut off is begun anew, and one more takes nothing away that lives. Those who call at a time share one.
   * What was destroyed before the call is in no live file of the keyring's cluster afterwards.
   */
  async shredDestroyedKeys(): Promise<Pick<ShredReceipt, 'at' | 'rounds' | 'lsn'>> {
    const { at, rounds, lsn } = await keepAlive({ position: undefined }, () => shredder.shred());
    return { at, rounds, lsn };
  },
});
export type KeyDestructionActivities = ReturnType<typeof createKeyDestructionActivities>;
