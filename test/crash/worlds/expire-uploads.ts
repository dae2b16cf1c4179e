import { inTenant } from '../../../platform/database.ts';
import { zipOf } from '../../support/roster.ts';
import { rosterFiles } from '../../workflows/support/small-roster.ts';
import type { World } from '../support/world.ts';

export default {
  'an upload that has expired': {
    async input({ tenantId, databases, upload }) {
      const id = await upload(await zipOf(rosterFiles));
      const expires_at = new Date(Date.now() - 60_000);
      await inTenant(databases.main, tenantId, (trx) => trx('uploads').where({ tenant_id: tenantId, id }).update({ expires_at }));
      return {};
    },
    // What was removed by the one that was killed may not be counted.
    vague: [/"removed": \d+/g, /"tenants": \d+/g, /\d+ files of \d+ tenants/g],
  },
} satisfies World;
