import assert from 'node:assert/strict';
import { bucketOf } from '../../domain/tenant.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { inTenant } from '../../platform/database.ts';
import { AuditEntry } from '../../platform/models/audit-entry.ts';
import { PrivacyExport } from '../../platform/models/privacy-export.ts';
import { Run } from '../../platform/models/run.ts';
import { scheduledExpiry, useExporting } from './support/exporting.ts';

describe('workflows/expire-exports', function () {
  this.timeout(60_000);
  const exporting = useExporting();

  it('removes packages whose time is over, in every school, and no other', async () => {
    const { main } = exporting.engine.databases;
    const make = async (): Promise<string> => {
      const { id, strangerId: personId } = await exporting.makeSchool();
      await exporting.run(exporting.runOf(id), { personId, recipient: { kind: 'passphrase' } }, (handle) => handle.result());
      return id;
    };
    const [over, fresh] = [await make(), await make()];
    await inTenant(main, over, (trx) => trx('privacy_exports').update({ expires_at: new Date(Date.now() - 1_000) }));

    const result = await exporting.expire(scheduledExpiry, (handle) => handle.result());
    assert.deepEqual(result, { tenants: 1, removed: 1 });
    assert.deepEqual(await exporting.storage.list(bucketOf(over), 'exports/'), []);
    assert.equal((await exporting.storage.list(bucketOf(fresh), 'exports/')).length, 1);
    const [row] = await inTenant(main, over, async (trx) => PrivacyExport.query(trx).where({ tenant_id: over }));
    assert.deepEqual([row?.status, row?.passphrase], ['expired', null]);
    const entries = await inTenant(main, over, async (trx) =>
      AuditEntry.query(trx).where({ tenant_id: over, object_id: row?.id ?? '', action: 'privacy-export.expire' }),
    );
    assert.deepEqual(
      entries.map(({ actor_id: actor }) => actor),
      [null],
    );
    const written = await inTenant(main, platformTenantId, async (trx) => Run.query(trx).where({ process: 'expire-exports' }));
    assert.deepEqual(
      written.map(({ status }) => status),
      ['completed'],
    );
    assert.deepEqual(await exporting.expire(scheduledExpiry, (handle) => handle.result()), { tenants: 0, removed: 0 });
  });
});
