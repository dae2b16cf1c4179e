import { createTenantKeyRotationActivities } from '../../../activities/tenant-key-rotation.ts';
import { createTenantKeyRotation } from '../../../platform/tenant-key-rotation.ts';
import type { Databases } from '../../support/database.ts';
import type { TestVault } from '../../support/vault.ts';

/** The activities of rotate-tenant-key on real stores, with small batches. */
export const rotationActivities = ({ main, keyring }: Databases, { vault }: Pick<TestVault, 'vault'>) =>
  createTenantKeyRotationActivities({ knex: main, tenantKeyRotation: createTenantKeyRotation({ knex: keyring, vault, batchRows: 50 }) });
