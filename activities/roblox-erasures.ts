import type { Knex } from 'knex';
import type { Keyring } from '../platform/keyring.ts';
import { type IndexPosition, indexSchool, isIndexed, schoolsAfter } from '../platform/privacy/roblox-index.ts';
import { openRequestIds, openRequests, settleRequests } from '../platform/privacy/roblox-requests.ts';
import { peopleOfRobloxUser } from '../platform/privacy/roblox-users.ts';

export interface RobloxErasureDeps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'blindIndex' | 'sealer' | 'sealerOfNew' | 'destroySubjectKeys'>;
  /** How long a page may take: the activity is given up much later. */
  readonly pageMs?: number;
  /** Requests of a run. */
  readonly pageRequests?: number;
}
export interface RobloxUsersIndexed {
  readonly indexed: number;
  /** Where to go on; absent: every school is done. */
  readonly next?: IndexPosition;
}
/** Of whom a request is. Ids of ours only. */
export interface RobloxMatch {
  readonly requestId: string;
  readonly tenantId: string;
  readonly personId: string;
}
export interface RobloxMatched {
  readonly matches: readonly RobloxMatch[];
  /** The school after which to go on; absent: all were asked. */
  readonly next?: string;
}

const schoolsAtOnce = 100;

export function createRobloxErasureActivities({ knex: main, keyring, pageMs = 5_000, pageRequests = 50 }: RobloxErasureDeps) {
  const deps = { main, keyring };
  const turnAfter = async (after: string | undefined): Promise<IndexPosition | undefined> => {
    const [tenantId] = await schoolsAfter(main, after, 1);
    return tenantId === undefined ? undefined : { tenantId };
  };

  return {
    /** Safe to retry: it only reads. Ids of the requests that wait, oldest first, and whether there are more than one run takes. */
    async readRobloxErasures(): Promise<{ readonly requestIds: readonly string[]; readonly more: boolean }> {
      const ids = await openRequestIds(main, pageRequests + 1);
      return { requestIds: ids.slice(0, pageRequests), more: ids.length > pageRequests };
    },
    /** Safe to retry: who is in the index stays there. Brings the blind index of each school up to date with who plays under which number. */
    async indexRobloxUsers({ at }: { readonly at?: IndexPosition }): Promise<RobloxUsersIndexed> {
      const until = performance.now() + pageMs;
      let [position, indexed] = [at, 0];
      for (;;) {
        const turn: IndexPosition | undefined = position?.began === undefined ? await turnAfter(position?.tenantId) : position;
        if (!turn) return { indexed };
        const page = await indexSchool(deps, turn);
        indexed += page.indexed;
        position = page.next ?? { tenantId: turn.tenantId };
        if (performance.now() > until) return { indexed, next: position };
      }
    },
    /** Safe to retry: it only reads. Whom these requests mean in a page of schools; players and numbers stay here. */
    async matchRobloxErasures({
      requestIds,
      after,
    }: {
      readonly requestIds: readonly string[];
      readonly after?: string;
    }): Promise<RobloxMatched> {
      const until = performance.now() + pageMs;
      const requests = await openRequests(deps, requestIds);
      const schools = await schoolsAfter(main, after, schoolsAtOnce);
      const matches: RobloxMatch[] = [];
      for (const [at, tenantId] of schools.entries()) {
        if (await isIndexed(main, tenantId))
          for (const { id: requestId, userId } of requests)
            for (const personId of await peopleOfRobloxUser(deps, tenantId, userId)) matches.push({ requestId, tenantId, personId });
        if (performance.now() > until && at + 1 < schools.length) return { matches, next: tenantId };
      }
      const last = schools.at(-1);
      return { matches, ...(last !== undefined && schools.length === schoolsAtOnce ? { next: last } : {}) };
    },
    /** Safe to retry: what is settled stays so. The numbers are destroyed with their keys; those nobody knows are refused with that reason. */
    settleRobloxErasures: (of: { readonly done: readonly string[]; readonly unknown: readonly string[] }): Promise<void> =>
      settleRequests(deps, of),
  };
}
export type RobloxErasureActivities = ReturnType<typeof createRobloxErasureActivities>;
