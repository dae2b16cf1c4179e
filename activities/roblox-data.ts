import type { Knex } from 'knex';
import { taskQueues } from '../domain/task-queues.ts';
import { hmacKey } from '../platform/blind-index.ts';
import type { Keyring } from '../platform/keyring.ts';
import { robloxUsersOf } from '../platform/privacy/roblox-users.ts';
import type { FoundEntries, Roblox } from '../platform/roblox.ts';
import { beat, resumeFrom } from './support/heartbeat.ts';
import { onQueue } from './support/on-queue.ts';
import { eachStore, eachStoreOfPage, type StorePosition } from './support/roblox-stores.ts';

export type { StorePosition } from './support/roblox-stores.ts';

export interface RobloxDataDeps {
  readonly knex: Knex;
  readonly keyring: Pick<Keyring, 'blindIndex' | 'sealer'>;
  readonly roblox: Roblox;
}
interface OfPerson {
  readonly tenantId: string;
  readonly personId: string;
  /** Where an earlier page stopped; absent: at the beginning. */
  readonly at?: StorePosition;
}
interface Erasing extends OfPerson {
  /** The request for it: under its id the player is remembered, to be looked for when nobody knows the number any more. */
  readonly requestId: string;
}
interface Page {
  /** Where to go on; absent: all of it is done. */
  readonly next?: StorePosition;
}
export interface RobloxEntriesCounted extends Page {
  readonly entries: number;
  /** Deleted, with revisions that can be read until Roblox drops them. */
  readonly tombstones: number;
}
export interface RobloxEntriesErased extends Page {
  readonly erased: number;
  /** Revisions that can still be read, and until when (RFC 3339; the latest of all): absent when none is left. */
  readonly revisions: number;
  readonly tombstoneEndsAt?: string;
}
export interface RobloxEntriesLeft {
  readonly entries: number;
  readonly tombstones: number;
}

const nobody = { entries: 0, tombstones: 0 };

interface Checking {
  readonly tenantId: string;
  readonly requestId: string;
}

async function checkEntries(
  { keyring, roblox }: Pick<RobloxDataDeps, 'keyring' | 'roblox'>,
  { tenantId, requestId }: Checking,
): Promise<RobloxEntriesLeft> {
  const index = await keyring.blindIndex(tenantId);
  let { position, ...left }: RobloxEntriesLeft & { readonly position?: StorePosition } = resumeFrom() ?? nobody;
  const isWanted = async (userIds: readonly string[]): Promise<ReadonlySet<string>> => {
    beat({ position: { ...left, ...(position ? { position } : {}) }, detail: 'looking through data stores' });
    const hmacs = new Map(userIds.map((userId) => [userId, index.hmac('erased-roblox', userId)]));
    const found = await index.find('erased-roblox', [...hmacs.values()]);
    const mine = [...hmacs].filter(([, hmac]) => found.get(hmacKey(hmac))?.subjectId === requestId);
    return new Set(mine.map(([userId]) => userId));
  };
  for await (const store of eachStore(roblox, position)) {
    const { active, deleted } = await roblox.entriesLeft(store.universeId, store.dataStore, isWanted);
    left = { entries: left.entries + active.length, tombstones: left.tombstones + deleted.length };
    position = store.position;
  }
  return left;
}

/** Everything of one player in a data store: written over, deleted, and told what is kept of it and until when. */
async function eraseFound(
  roblox: Roblox,
  { active, deleted }: FoundEntries,
): Promise<{ erased: number; revisions: number; endsAt: number }> {
  let [revisions, endsAt] = [0, 0];
  for (const entry of [...active, ...deleted]) {
    const left = await roblox.eraseEntry(entry);
    revisions += left?.revisions ?? 0;
    endsAt = Math.max(endsAt, left?.tombstoneEndsAt.getTime() ?? 0);
  }
  return { erased: active.length + deleted.length, revisions, endsAt };
}

/**
 * What experiences keep of a person in Roblox's data stores. The number a person plays under is opened here and never leaves; a page asks
 * Roblox some ten times (workers/settings.ts), and names the data store it stopped at.
 */
export function createRobloxDataActivities({ knex, keyring, roblox }: RobloxDataDeps) {
  const userOf = async ({ tenantId, personId }: OfPerson): Promise<string | undefined> =>
    (await robloxUsersOf({ main: knex, keyring }, tenantId, [personId]))[0]?.userId;

  return onQueue(taskQueues.roblox, {
    /** Safe to retry: it only reads. A person without a Roblox user, or without a key, has nothing. */
    async countRobloxEntries(input: OfPerson): Promise<RobloxEntriesCounted> {
      const userId = await userOf(input);
      if (userId === undefined) return nobody;
      let [entries, tombstones] = [0, 0];
      const next = await eachStoreOfPage(roblox, input.at, {
        ofUniverse: async (universeId) => void (entries += await roblox.countOrdered(userId, universeId)),
        async ofStore({ universeId, dataStore }) {
          const found = await roblox.findEntriesOf(userId, universeId, dataStore);
          entries += found.active.length;
          tombstones += found.deleted.length;
          return 2;
        },
      });
      return { entries, tombstones, ...(next ? { next } : {}) };
    },
    /**
     * Safe to retry: what is deleted is not deleted again, only asked about. Remembers the player's digest first, since afterwards nobody
     * may be able to say who it was.
     */
    async eraseRobloxEntries(input: Erasing): Promise<RobloxEntriesErased> {
      const userId = await userOf(input);
      if (userId === undefined) return { erased: 0, revisions: 0 };
      const index = await keyring.blindIndex(input.tenantId);
      await index.put('erased-roblox', [{ hmac: index.hmac('erased-roblox', userId), subjectId: input.requestId }]);
      let [erased, revisions, endsAt] = [0, 0, 0];
      const next = await eachStoreOfPage(roblox, input.at, {
        ofUniverse: async (universeId) => void (erased += await roblox.eraseOrdered(userId, universeId)),
        async ofStore({ universeId, dataStore }) {
          const done = await eraseFound(roblox, await roblox.findEntriesOf(userId, universeId, dataStore));
          erased += done.erased;
          revisions += done.revisions;
          endsAt = Math.max(endsAt, done.endsAt);
          return 2 + done.erased * 4;
        },
      });
      const ends = endsAt > 0 ? { tombstoneEndsAt: new Date(endsAt).toISOString() } : {};
      return { erased, revisions, ...ends, ...(next ? { next } : {}) };
    },
    /**
     * Looks for the player of a request by digest alone, in everything that data stores list, deleted entries too: for when the person's key
     * is gone. Safe to retry: it only reads, and goes on at the data store where the last attempt stood. Long: it beats at each page.
     */
    checkRobloxEntries: (input: Checking): Promise<RobloxEntriesLeft> => checkEntries({ keyring, roblox }, input),
  });
}
export type RobloxDataActivities = ReturnType<typeof createRobloxDataActivities>;
