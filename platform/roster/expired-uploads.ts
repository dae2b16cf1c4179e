import type { Knex } from 'knex';
import { inPlatform, inTenant } from '../database.ts';
import { Tenant } from '../models/tenant.ts';
import { Upload } from '../models/upload.ts';

const pageSize = 500;
/** Longer than any request may take: whoever was receiving the file is gone. */
const receivingMs = 3600_000;

/** Ids of all tenants after a given one, in order, a page at a time. */
export const tenantsAfter = (main: Knex, after: string | undefined): Promise<string[]> =>
  inPlatform(main, async (trx) => {
    const rows = Tenant.query(trx).select('id').orderBy('id').limit(pageSize);
    return (await (after === undefined ? rows : rows.where('id', '>', after))).map(({ id }) => id);
  });

/**
 * Ids of a tenant's uploads that nobody can need any more at `now`: past their time, or never received whole. A run that began before
 * an upload expired may still read it, however long it takes, so such an upload waits until the run has ended.
 */
export const expiredUploads = (main: Knex, tenantId: string, now: Date, limit: number): Promise<string[]> =>
  inTenant(main, tenantId, async (trx) => {
    const readers = trx('runs')
      .whereRaw('runs.tenant_id = uploads.tenant_id and runs.created_at between uploads.created_at and uploads.expires_at')
      .whereNull('runs.closed_at');
    const rows = Upload.query(trx)
      .select('id')
      .where({ tenant_id: tenantId })
      .where((either) => {
        void either
          .where((stored) => void stored.where('status', 'stored').where('expires_at', '<=', now).whereNotExists(readers))
          .orWhere((cut) => void cut.where('status', 'receiving').where('created_at', '<=', new Date(now.getTime() - receivingMs)));
      });
    return (await rows.orderBy('id').limit(limit)).map(({ id }) => id);
  });
