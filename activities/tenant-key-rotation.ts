import type { Knex } from 'knex';
import { KeysLeftBehindError } from '../domain/errors.ts';
import { platformTenantId } from '../domain/roles.ts';
import { actorOf, type RunContext } from '../domain/run.ts';
import { type AuditRecord, audit, auditInBoth } from '../platform/audit.ts';
import { inTenant } from '../platform/database.ts';
import { rewrapBegin, type RewrapPosition, type TenantKeyRotation } from '../platform/tenant-key-rotation.ts';
import { givingWay } from './support/give-way.ts';
import { beat, resumeFrom } from './support/heartbeat.ts';

export interface TenantKeyRotationDeps {
  /** The main cluster. */
  readonly knex: Knex;
  readonly tenantKeyRotation: TenantKeyRotation;
}
interface Of {
  readonly tenantId: string;
}
interface OfVersion extends Of {
  readonly version: number;
}

export const createTenantKeyRotationActivities = ({ knex, tenantKeyRotation: rotation }: TenantKeyRotationDeps) => ({
  /** Safe to retry: it reads. The newest version of the tenant's key. Throws TenantKeyMissingError. */
  readTenantKeyVersion: async ({ tenantId }: Of): Promise<number> => (await rotation.versions(tenantId)).latest,

  /** Safe to retry: a version after `from` that is there already is not followed by another. Resolves to the newest. */
  rotateTenantKeyOnce: ({ tenantId, from }: Of & { readonly from: number }): Promise<number> => rotation.rotate(tenantId, from),

  /**
   * Safe to retry: what is under the version is not found again, and a row is written only as long as it is what was read. Resumes where the
   * last heartbeat stood; what was wrapped since then is not counted twice, and may not be counted at all. Resolves to how many were wrapped.
   */
  async rewrapTenantKeys({ tenantId, version }: OfVersion): Promise<number> {
    const giveWay = givingWay();
    let at = resumeFrom<RewrapPosition>() ?? rewrapBegin;
    for (;;) {
      const next = await rotation.rewrapSome(tenantId, version, at);
      if (!next) return at.rewrapped;
      at = next;
      beat({ position: at, detail: `${at.rewrapped} keys` });
      await giveWay();
    }
  },

  /**
   * Safe to retry: it sets what is set already, and its run writes one audit entry. Throws KeysLeftBehindError, and retires nothing, while
   * a key is wrapped by another version. Resolves to the oldest version that opens.
   */
  async retireTenantKeyVersions({ tenantId, version, run }: OfVersion & { readonly run: RunContext }): Promise<number> {
    const left = await rotation.left(tenantId, version);
    if (left > 0) throw new KeysLeftBehindError(left);
    await rotation.retire(tenantId, version);
    const { oldest } = await rotation.versions(tenantId);
    await noteOnce(knex, {
      tenantId,
      actorId: actorOf(run),
      action: 'tenant-key.rotate',
      objectType: 'tenant',
      objectId: tenantId,
      requestId: run.requestId,
      runId: run.runId,
      after: { version, oldest },
    });
    return oldest;
  },
});
export type TenantKeyRotationActivities = ReturnType<typeof createTenantKeyRotationActivities>;

/** In the tenant's log and, of a school, in the platform's. */
async function noteOnce(knex: Knex, record: AuditRecord & { readonly runId: string }): Promise<void> {
  const { tenantId, runId, action } = record;
  await inTenant(knex, tenantId, async (trx) => {
    if (await trx('audit_log').where({ tenant_id: tenantId, run_id: runId, action }).first('id')) return;
    if (tenantId === platformTenantId) await audit(trx, record);
    else await auditInBoth(trx, record, { objectType: 'tenant', objectId: tenantId });
  });
}
