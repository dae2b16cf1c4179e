import type { Knex } from 'knex';
import type { ExportStatus } from '../../domain/privacy/export.ts';
import { audit, type AuditRecord } from '../audit.ts';
import { inTenant } from '../database.ts';
import { PrivacyExport } from '../models/privacy-export.ts';
import type { Storage } from '../storage.ts';

export interface ExportDeps {
  /** The main cluster. */
  readonly main: Knex;
  readonly storage: Pick<Storage, 'remove' | 'removeUnfinished'>;
}
export type By = Pick<AuditRecord, 'actorId' | 'requestId' | 'runId'>;
/** Which package: `id` is its run's. */
export interface ExportRef {
  readonly tenantId: string;
  readonly id: string;
}
/** How a package ends: its run failed, somebody took it back, its time was over. */
export type ExportEnd = Extract<ExportStatus, 'failed' | 'revoked' | 'expired'>;

/** Where the passphrase of a package is sealed: under the key of the person whose data it is. */
export const passphrasePlace = ({ tenantId, id }: ExportRef) => ({
  tenantId,
  table: PrivacyExport.tableName,
  column: 'passphrase',
  rowId: id,
});
export const exportEntry = ({ tenantId, id }: ExportRef, by: By, action: string): AuditRecord => ({
  ...by,
  tenantId,
  action: `privacy-export.${action}`,
  objectType: 'privacy-export',
  objectId: id,
});

const acts = { failed: 'discard', revoked: 'revoke', expired: 'expire' } as const satisfies Record<ExportEnd, string>;
const kept: ExportStatus[] = ['making', 'ready'];

/** Packages of people's data, each a sealed object in the bucket of its school: finding them and ending them. */
export const createExports = ({ main, storage }: ExportDeps) => ({
  /** Undefined when there is none, or it is another tenant's. */
  find: ({ tenantId, id }: ExportRef): Promise<PrivacyExport | undefined> =>
    inTenant(main, tenantId, async (trx) => PrivacyExport.query(trx).findOne({ tenant_id: tenantId, id })),
  /** Removes the file, then says so in the row, once in the audit log. Safe to repeat from any point, and when there was never one. */
  async discard(ref: ExportRef, to: ExportEnd, by: By): Promise<void> {
    const where = { tenant_id: ref.tenantId, id: ref.id };
    const row = await inTenant(main, ref.tenantId, async (trx) => PrivacyExport.query(trx).findOne(where));
    if (!row) return;
    await storage.removeUnfinished(row.bucket, row.object_key);
    await storage.remove(row.bucket, row.object_key);
    await inTenant(main, ref.tenantId, async (trx) => {
      const ending = PrivacyExport.query(trx).patch({ status: to, passphrase: null }).where(where);
      if ((await ending.whereIn('status', kept)) > 0) await audit(trx, exportEntry(ref, by, acts[to]));
    });
  },
  /** Ids of a person's packages that have a file: for whoever erases the person. */
  ofSubject: (tenantId: string, personId: string): Promise<string[]> =>
    inTenant(main, tenantId, async (trx) => {
      const rows = PrivacyExport.query(trx).where({ tenant_id: tenantId, subject_id: personId }).whereIn('status', kept);
      return (await rows.select('id').orderBy('id')).map(({ id }) => id);
    }),
  /** Ids of a tenant's packages whose time is over at `now`. */
  expired: (tenantId: string, now: Date, limit: number): Promise<string[]> =>
    inTenant(main, tenantId, async (trx) => {
      const rows = PrivacyExport.query(trx).where({ tenant_id: tenantId }).whereIn('status', kept).where('expires_at', '<=', now);
      return (await rows.select('id').orderBy('id').limit(limit)).map(({ id }) => id);
    }),
});
export type Exports = ReturnType<typeof createExports>;
