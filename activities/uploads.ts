import type { Knex } from 'knex';
import { actorOf, type RunContext } from '../domain/run.ts';
import { expiredUploads } from '../platform/roster/expired-uploads.ts';
import { createUploads, type UploadDeps } from '../platform/roster/uploads.ts';
import { type Expired, expireInEachTenant } from './support/each-tenant.ts';

export type { Expired };

export interface UploadActivityDeps extends Omit<UploadDeps, 'main'> {
  /** The main cluster. */
  readonly knex: Knex;
  /** Uploads read at a time. */
  readonly batchUploads?: number;
}
interface ExpireInput {
  /** RFC 3339: the time by which uploads count as expired. */
  readonly now: string;
  readonly run: RunContext;
}

export function createUploadActivities({ knex: main, keyring, storage, batchUploads = 100 }: UploadActivityDeps) {
  const uploads = createUploads({ main, keyring, storage });

  return {
    /**
     * Safe to retry: what is removed is no longer found, and each removal goes on from any point. Goes through all tenants, resuming
     * where the last heartbeat stood; what was removed since then is not counted twice, and may not be counted at all.
     */
    async expireUploads({ now, run }: ExpireInput): Promise<Expired> {
      const { requestId, runId } = run;
      const by = { actorId: actorOf(run), requestId, runId };
      return expireInEachTenant(main, {
        things: 'files',
        find: (tenantId) => expiredUploads(main, tenantId, new Date(now), batchUploads),
        remove: (tenantId, id) => uploads.expire(tenantId, id, by),
      });
    },
  };
}
export type UploadActivities = ReturnType<typeof createUploadActivities>;
