import type { Knex } from 'knex';
import type { Counts } from '../domain/privacy/residual.ts';
import { taskQueues } from '../domain/task-queues.ts';
import type { Keyring } from '../platform/keyring.ts';
import { type OfRequest, rememberPlayer, soughtPlayer, type SoughtPlayer } from '../platform/privacy/erased-players.ts';
import { keepReceipt, type Receipt } from '../platform/privacy/store.ts';
import type { FoundEntries, Roblox } from '../platform/roblox.ts';
import type { OfPlace } from './erasure.ts';
import { keepAlive } from './support/keep-alive.ts';
import { onQueue } from './support/on-queue.ts';
import { eachStoreOfPage, type StorePlace, type StorePosition } from './support/roblox-stores.ts';

export interface RobloxDataDeps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'blindIndex' | 'sealer'>;
  readonly roblox: Roblox;
}
interface EntryCounts extends Counts {
  readonly entries: number;
  /** Deleted, with revisions that can be read until Roblox drops them. */
  readonly tombstones: number;
}
/** Where a page stopped, and what was counted by then. */
export interface CountPosition extends StorePosition {
  readonly counts: EntryCounts;
}
export interface RobloxCounted {
  /** Of this page and all before it. */
  readonly counts: EntryCounts;
  /** Where to go on; absent: all of it is done. */
  readonly next?: CountPosition;
}
interface Counting extends OfRequest {
  readonly at?: CountPosition;
}
interface Erasing extends OfPlace {
  /** What was found before anything was erased: for the receipt. */
  readonly counted: Counts;
  readonly at?: StorePosition;
}
export interface RobloxErased {
  readonly next?: StorePosition;
}

const nobody = { entries: 0, tombstones: 0 };

/** A player's entries in a data store, and how many requests that took: by digest one a page of its list. */
async function findIn(
  roblox: Roblox,
  player: SoughtPlayer,
  { universeId, dataStore }: StorePlace,
): Promise<FoundEntries & { readonly requests: number }> {
  if (typeof player === 'string') return { ...(await roblox.findEntriesOf(player, universeId, dataStore)), requests: 2 };
  let requests = 0;
  const isWanted = async (userIds: readonly string[]): Promise<ReadonlySet<string>> => {
    requests += 1;
    return player(userIds);
  };
  return { ...(await roblox.findEntriesOf(isWanted, universeId, dataStore)), requests };
}

/** Everything of one player in a data store: written over, deleted, and told until when something is kept of it (Unix ms; 0: nothing). */
async function eraseFound(roblox: Roblox, { active, deleted }: FoundEntries): Promise<number> {
  let keptUntil = 0;
  for (const entry of [...active, ...deleted])
    keptUntil = Math.max(keptUntil, (await roblox.eraseEntry(entry))?.tombstoneEndsAt.getTime() ?? 0);
  return keptUntil;
}

/**
 * What experiences keep of a person in Roblox's data stores. The number a person plays under is opened here and never leaves. Once nobody
 * knows it, the player is told by digest among all that Roblox lists, deleted entries too. A page asks Roblox some ten times
 * (workers/settings.ts), a long list more often, and names the data store it stopped at.
 */
export function createRobloxDataActivities({ knex, keyring, roblox }: RobloxDataDeps) {
  const deps = { main: knex, keyring };
  const keep = ({ subject, requestId }: OfRequest, receipt: Receipt & { readonly erased: boolean }): Promise<Counts> =>
    keepReceipt(knex, subject, requestId, 'roblox', receipt);

  async function countPage({ at, ...of }: Counting): Promise<RobloxCounted> {
    const player = await soughtPlayer(deps, of);
    if (player === undefined) return { counts: nobody };
    let { entries, tombstones } = at?.counts ?? nobody;
    const next = await eachStoreOfPage(roblox, at, {
      ofUniverse: async (universeId) => void (entries += await roblox.countOrdered(player, universeId)),
      async ofStore(store) {
        const { active, deleted, requests } = await findIn(roblox, player, store);
        entries += active.length;
        tombstones += deleted.length;
        return requests;
      },
    });
    const counts = { entries, tombstones };
    return { counts, ...(next ? { next: { ...next, counts } } : {}) };
  }

  async function erasePage({ at, counted, ...of }: Erasing): Promise<RobloxErased> {
    const counts = { entries: counted['entries'] ?? 0 };
    const player = await soughtPlayer(deps, of);
    if (!at) await keep(of, { counts, erased: false });
    if (typeof player === 'string') await rememberPlayer(deps, of, player);
    let keptUntil = 0;
    const erasing = async (store: StorePlace, who: SoughtPlayer): Promise<number> => {
      const { requests, ...found } = await findIn(roblox, who, store);
      keptUntil = Math.max(keptUntil, await eraseFound(roblox, found));
      return requests + (found.active.length + found.deleted.length) * 4;
    };
    const next =
      player === undefined
        ? undefined
        : await eachStoreOfPage(roblox, at, {
            ofUniverse: async (universeId) => void (await roblox.eraseOrdered(player, universeId)),
            ofStore: (store) => erasing(store, player),
          });
    await keep(of, { counts, erased: !next, ...(keptUntil > 0 ? { keptUntil: new Date(keptUntil).toISOString() } : {}) });
    return next ? { next } : {};
  }

  return onQueue(taskQueues.roblox, {
    /** Safe to retry: it only reads. By `longRunning`, as the other: a list may be long. */
    countAtRoblox: (input: Counting): Promise<RobloxCounted> => keepAlive(undefined, () => countPage(input)),
    /**
     * Safe to retry: what is deleted is not deleted again, only asked about, and the receipt keeps what was counted before. Remembers the
     * player's digest first, since afterwards nobody may be able to say who it was.
     */
    eraseAtRoblox: (input: Erasing): Promise<RobloxErased> => keepAlive(undefined, () => erasePage(input)),
  });
}
export type RobloxDataActivities = ReturnType<typeof createRobloxDataActivities>;
