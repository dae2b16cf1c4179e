import type { Knex } from 'knex';
import { tenantsAfter } from '../../platform/roster/expired-uploads.ts';
import { beat, resumeFrom } from './heartbeat.ts';

export interface Expired {
  readonly tenants: number;
  readonly removed: number;
}
interface Position extends Expired {
  /** The last tenant that is done. */
  readonly tenantId?: string;
}
export interface Expiring {
  /** What to call them, for people: `files`. */
  readonly things: string;
  /** Ids of some of a tenant's that are to go; none when there are no more. */
  readonly find: (tenantId: string) => Promise<readonly string[]>;
  readonly remove: (tenantId: string, id: string) => Promise<void>;
}

/**
 * Removes what has expired in all tenants, resuming where the last heartbeat stood; inside a long activity. What was removed since then is
 * not counted twice, and may not be counted at all.
 */
export async function expireInEachTenant(main: Knex, { things, find, remove }: Expiring): Promise<Expired> {
  let at = resumeFrom<Position>() ?? { tenants: 0, removed: 0 };
  const move = (position: Position): void => {
    at = position;
    beat({ position, detail: `${position.removed} ${things} of ${position.tenants} tenants` });
  };
  for (;;) {
    const page = await tenantsAfter(main, at.tenantId);
    if (page.length === 0) return { tenants: at.tenants, removed: at.removed };
    for (const tenantId of page) {
      let found = await find(tenantId);
      const tenants = at.tenants + (found.length > 0 ? 1 : 0);
      for (; found.length > 0; found = await find(tenantId)) {
        for (const id of found) {
          await remove(tenantId, id);
          move({ ...at, removed: at.removed + 1 });
        }
      }
      move({ tenants, removed: at.removed, tenantId });
    }
  }
}
