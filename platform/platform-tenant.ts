import type { Knex } from 'knex';
import { platformTenantId } from '../domain/roles.ts';
import { inPlatform } from './database.ts';

/** The tenant the platform's own staff and runs live in. Safe to repeat: a row that is there stays as it is. */
export async function ensurePlatformTenant(database: Knex): Promise<void> {
  await inPlatform(database, async (trx) => {
    const row = { id: platformTenantId, slug: 'platform', name: 'Platform', region: 'eu', plan: 'platform', status: 'active' };
    await trx('tenants').insert(row).onConflict('id').ignore();
    await trx('tenant_settings').insert({ tenant_id: platformTenantId }).onConflict('tenant_id').ignore();
  });
}
