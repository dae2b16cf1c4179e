import type { Knex } from 'knex';
import { KeyDestroyedError, NotFoundError } from '../domain/errors.ts';
import { ExportGoneError } from '../domain/privacy/export-errors.ts';
import type { ExportFormat, ExportRecipient } from '../domain/privacy/export.ts';
import { actorOf, type RunContext } from '../domain/run.ts';
import { bucketOf } from '../domain/tenant.ts';
import { audit } from '../platform/audit.ts';
import { inTenant } from '../platform/database.ts';
import type { Keyring } from '../platform/keyring.ts';
import { PrivacyExport } from '../platform/models/privacy-export.ts';
import type { CollectDeps, Collector } from '../platform/privacy/collector.ts';
import { collectors as all } from '../platform/privacy/collectors.ts';
import { createExports, passphrasePlace } from '../platform/privacy/exports.ts';
import { readerOf } from '../platform/privacy/package/reader.ts';
import { newPassphrase, seal, type SealTo } from '../platform/privacy/package/seal.ts';
import { writePackage } from '../platform/privacy/package/write.ts';
import { findSubject } from '../platform/privacy/subject.ts';
import type { Storage } from '../platform/storage.ts';
import { type Expired, expireInEachTenant } from './support/each-tenant.ts';
import { givingWay } from './support/give-way.ts';
import { beat } from './support/heartbeat.ts';
import { keepAlive } from './support/keep-alive.ts';

export interface PrivacyExportDeps {
  /** The main cluster. */
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'sealer'>;
  readonly storage: Pick<Storage, 'ensureBucket' | 'put' | 'remove' | 'removeUnfinished'>;
  readonly billing: CollectDeps['billing'];
  /** What is read; everything when absent. */
  readonly collectors?: readonly Collector[];
}
interface OfExport {
  readonly run: RunContext;
  readonly personId: string;
  readonly format: readonly ExportFormat[];
  readonly recipient: ExportRecipient;
  readonly expiresInDays: number;
}
/** What a package is known by: ids, numbers and times. `sha256` and `sizeBytes` are of the sealed file. */
export interface ExportMade {
  readonly exportId: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly expiresAt: string;
  readonly records: number;
  readonly redactions: number;
}
const objectKey = (id: string): string => `exports/${id}`;
const byOf = (run: RunContext) => ({ actorId: actorOf(run), requestId: run.requestId, runId: run.runId });

export function createPrivacyExportActivities(deps: PrivacyExportDeps) {
  const { knex: main, keyring, storage } = deps;
  const exports = createExports({ main, storage });

  return {
    /**
     * Safe to retry: the package's id is the run's, so a second attempt meets the row of the first, and its passphrase. Throws
     * NotFoundError for a person who is not of this school, KeyDestroyedError for one who was erased.
     */
    async beginExport({ run, personId, format, recipient, expiresInDays }: OfExport): Promise<void> {
      const { tenantId, runId: id } = run;
      if (!(await findSubject(main, tenantId, personId))) throw new NotFoundError('person');
      const sealer = await keyring.sealer(tenantId, [personId]);
      if (!sealer.has(personId)) throw new KeyDestroyedError(personId);
      const ownPassphrase = () => sealer.seal(personId, passphrasePlace({ tenantId, id }), newPassphrase());
      const row = {
        id,
        tenant_id: tenantId,
        subject_id: personId,
        requested_by: actorOf(run),
        formats: [...format],
        recipient_kind: recipient.kind,
        passphrase: recipient.kind === 'passphrase' ? ownPassphrase() : null,
        bucket: bucketOf(tenantId),
        object_key: objectKey(id),
        expires_at: main.raw(`now() + make_interval(days => ?)`, [expiresInDays]),
      };
      await inTenant(main, tenantId, async (trx) => {
        const written = await trx(PrivacyExport.tableName).insert(row).onConflict(['tenant_id', 'id']).ignore().returning('id');
        if (written.length === 0) return;
        await audit(trx, { ...byOf(run), tenantId, action: 'privacy-export.create', objectType: 'person', objectId: personId });
      });
    },

    /**
     * Safe to retry: a package that is ready is told as it is; else it is made again from the start, and replaces what an attempt that died
     * has stored, for nobody can fetch it before its row says that it is ready. Nothing of the records leaves this activity unsealed.
     */
    async makePackage(input: OfExport): Promise<ExportMade> {
      const { tenantId, runId: id } = input.run;
      const row = await inTenant(main, tenantId, async (trx) => PrivacyExport.query(trx).findOne({ tenant_id: tenantId, id }));
      if (row?.status === 'ready') return told(row);
      if (row?.status !== 'making') throw new ExportGoneError();
      const made = await storePackage(deps, input, row);
      const ready = await inTenant(main, tenantId, async (trx) => {
        const patch = { ...made, status: 'ready' as const, ready_at: trx.fn.now() as never };
        const changed = await PrivacyExport.query(trx).patch(patch).where({ tenant_id: tenantId, id, status: 'making' });
        if (changed === 0) return undefined;
        const after = { sha256: made.sha256, sizeBytes: made.size_bytes };
        const act = { action: 'privacy-export.complete', objectType: 'privacy-export', objectId: id, after };
        await audit(trx, { ...byOf(input.run), tenantId, ...act });
        return PrivacyExport.query(trx).findOne({ tenant_id: tenantId, id }).throwIfNotFound();
      });
      if (ready) return told(ready);
      await storage.remove(row.bucket, row.object_key);
      throw new ExportGoneError();
    },

    /** Safe to retry, and when nothing was begun: the file goes, then the row says so. */
    async discardExport({ run }: Pick<OfExport, 'run'>): Promise<void> {
      await exports.discard({ tenantId: run.tenantId, id: run.runId }, 'failed', byOf(run));
    },

    /** Safe to retry: what is removed is no longer found, and each removal goes on from any point. `now` (RFC 3339): by when they count as expired. */
    async expireExports({ now, run }: { readonly now: string; readonly run: RunContext }): Promise<Expired> {
      const by = byOf(run);
      return expireInEachTenant(main, {
        things: 'exports',
        find: (tenantId) => exports.expired(tenantId, new Date(now), 100),
        remove: (tenantId, id) => exports.discard({ tenantId, id }, 'expired', by),
      });
    },
  };
}
export type PrivacyExportActivities = ReturnType<typeof createPrivacyExportActivities>;

function told({ id, sha256, size_bytes: size, expires_at: expiresAt, records, redactions }: PrivacyExport): ExportMade {
  if (sha256 === null || size === null) throw new Error('A package that is ready has a file.');
  const counts = { records: records ?? 0, redactions: redactions ?? 0 };
  return { exportId: id, sha256, sizeBytes: size, expiresAt: expiresAt.toISOString(), ...counts };
}

async function sealTo({ keyring }: PrivacyExportDeps, { recipient }: OfExport, row: PrivacyExport): Promise<SealTo> {
  if (recipient.kind === 'public-key') return { recipient: recipient.key };
  const { tenant_id: tenantId, subject_id: personId, id, passphrase } = row;
  if (!passphrase) throw new Error('A package that is being made has its passphrase.');
  return { passphrase: (await keyring.sealer(tenantId, [personId])).open(personId, passphrasePlace({ tenantId, id }), passphrase) };
}

/** Makes the package while it is stored, a few pieces of it in memory. */
async function storePackage(deps: PrivacyExportDeps, input: OfExport, row: PrivacyExport) {
  const { knex, keyring, billing, storage, collectors = all } = deps;
  const { tenant_id: tenantId, subject_id: personId, bucket, object_key: key } = row;
  const subject = await findSubject(knex, tenantId, personId);
  if (!subject) throw new NotFoundError('person');
  const progress = { position: null, detail: '' };
  const giveWay = givingWay();
  let pieces = 0;
  // What stops the activity comes out of the far end of several streams as whatever they make of it.
  let stopped: unknown;
  const pace = async (): Promise<void> => {
    try {
      pieces += 1;
      progress.detail = `${pieces} pieces`;
      beat(progress);
      await giveWay();
    } catch (error) {
      stopped = error;
      throw error;
    }
  };
  const asked = { knex, keyring, billing, subject, asOf: row.created_at };
  const [reader, to] = [await readerOf(knex, subject), await sealTo(deps, input, row)];
  await storage.ensureBucket(bucket);
  await storage.removeUnfinished(bucket, key);
  const { zip, totals } = writePackage({ exportId: row.id, asked, formats: row.formats, collectors, reader, pace });
  try {
    const sealed = await seal(zip, to);
    const size = await keepAlive(progress, () => storage.put(bucket, key, sealed.file));
    return { size_bytes: size, sha256: sealed.sha256(), ...totals() };
  } catch (error) {
    throw stopped ?? error;
  } finally {
    zip.destroy();
  }
}
