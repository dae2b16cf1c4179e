import { bucketOf } from '../../../domain/tenant.ts';
import { inTenant } from '../../../platform/database.ts';
import { newId } from '../../../platform/ids.ts';
import { PrivacyExport } from '../../../platform/models/privacy-export.ts';
import { zipOf } from '../../support/roster.ts';
import { rosterFiles } from '../../workflows/support/small-roster.ts';
import type { World } from '../support/world.ts';

export default {
  'a package that has expired': {
    async input({ tenantId, databases, upload }) {
      // Any file will do, as long as the place looks after it.
      const object_key = `uploads/${await upload(await zipOf(rosterFiles))}`;
      const kept = { status: 'ready' as const, size_bytes: 1, sha256: 'ab', expires_at: new Date(Date.now() - 60_000) };
      const named = { id: newId(), tenant_id: tenantId, subject_id: newId(), bucket: bucketOf(tenantId), object_key };
      await inTenant(databases.main, tenantId, async (trx) =>
        PrivacyExport.query(trx).insert({ ...named, ...kept, formats: ['json'], recipient_kind: 'public-key' }),
      );
      return {};
    },
    // What was removed by the one that was killed may not be counted.
    vague: [/"removed": \d+/g, /"tenants": \d+/g, /\d+ exports of \d+ tenants/g],
  },
} satisfies World;
