import type { Keyring } from '../platform/keyring.ts';
import type { Vault } from '../platform/vault.ts';

export interface KeyDeps {
  readonly vault: Pick<Vault, 'createTenantKey'>;
  readonly keyring: Pick<Keyring, 'blindIndex' | 'destroyTenant'>;
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
