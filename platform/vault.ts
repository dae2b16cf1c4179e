import { UnavailableError, VaultDeniedError } from '../domain/errors.ts';
import { createVaultHttp, type VaultAccess } from './vault-http.ts';
import { createNamedKeys } from './vault-named-keys.ts';
import { createTenantKeys } from './vault-tenant-keys.ts';

export interface VaultOptions extends VaultAccess {
  /** Where transit is mounted. */
  readonly mount?: string;
}
export type Vault = ReturnType<typeof createVault>;

/**
 * The key service: an OpenBao (or Vault) transit engine. Keys made here never leave it.
 * Every call throws UnavailableError when the server is away or sealed, and VaultDeniedError when it refuses the token.
 */
export function createVault({ mount = 'transit', ...access }: VaultOptions) {
  const call = createVaultHttp(access);
  return {
    ...createTenantKeys(call, mount),
    ...createNamedKeys(call, mount),
    /** True when the server answers, is unsealed, and accepts the token. */
    isHealthy: async (): Promise<boolean> => {
      try {
        return (await call('GET', 'auth/token/lookup-self')).status === 200;
      } catch (error) {
        if (error instanceof UnavailableError || error instanceof VaultDeniedError) return false;
        throw error;
      }
    },
  };
}
