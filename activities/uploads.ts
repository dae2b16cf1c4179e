import type { Knex } from 'knex';
import { actorOf, type RunContext } from '../domain/run.ts';
import { expiredUploads, tenantsAfter } from '../platform/roster/expired-uploads.ts';
import { createUploads, type UploadDeps } from '../platform/roster/uploads.ts';
import { beat, resumeFrom } from './support/heartbeat.ts';

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
export interface Expired {
  readonly tenants: number;
  readonly removed: number;
}
interface Position extends Expired {
  /** The last tenant that is done. */
  readonly tenantId?: string;
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
      let at = resumeFrom<Position>() ?? { tenants: 0, removed: 0 };
      const move = (position: Position): void => {
        at = position;
        beat({ position, detail: `${position.removed} files of ${position.tenants} tenants` });
      };
      for (;;) {
        const page = await tenantsAfter(main, at.tenantId);
        if (page.length === 0) return { tenants: at.tenants, removed: at.removed };
        for (const tenantId of page) {
          let found = await expiredUploads(main, tenantId, new Date(now), batchUploads);
          const tenants = at.tenants + (found.length > 0 ? 1 : 0);
          for (; found.length > 0; found = await expiredUploads(main, tenantId, new Date(now), batchUploads)) {
            for (const id of found) {
              await uploads.expire(tenantId, id, by);
              move({ ...at, removed: at.removed + 1 });
            }
          }
          move({ tenants, removed: at.removed, tenantId });
        }
      }
    },
  };
}
export type UploadActivities = ReturnType<typeof createUploadActivities>;
