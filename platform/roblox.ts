import {
  type EntryPlace,
  type ErasedEntry,
  eraseEntry,
  findEntries,
  type FoundEntries,
  listDataStores,
  orderedPaths,
  type Player,
} from './roblox/entries.ts';
import { createOpenCloud, type OpenCloudConfig } from './roblox/open-cloud.ts';
import type { Universe } from './roblox/universes.ts';

export type { EntryPlace, ErasedEntry, FoundEntries, Player } from './roblox/entries.ts';

export interface RobloxConfig extends OpenCloudConfig {
  readonly universes: readonly Universe[];
}
export interface Roblox {
  /** Ours, in the order they are looked through. */
  readonly universeIds: readonly string[];
  /** A page of an experience's data stores. One request. */
  dataStores(
    universeId: string,
    page: { size: number; pageToken?: string | undefined },
  ): Promise<{
    names: readonly string[];
    next: string | undefined;
  }>;
  /**
   * A player's entries in a data store, in every scope. By number one request a pattern where there are none, two where there are; else the
   * whole list is read.
   */
  findEntriesOf(player: Player, universeId: string, dataStore: string): Promise<FoundEntries>;
  /** Writes an entry over and deletes it; safe to repeat. Undefined when nothing of it is left. At most four requests as a rule. */
  eraseEntry(entry: EntryPlace): Promise<ErasedEntry | undefined>;
  /** How many entries a player has in the ordered data stores that are configured. */
  countOrdered(player: Player, universeId: string): Promise<number>;
  /** Deletes them; answers how many there were. Safe to repeat. */
  eraseOrdered(player: Player, universeId: string): Promise<number>;
}

/** Data stores of our experiences. Throws VendorRefusedError (final) or VendorUnavailableError (try again); neither names a player. */
export function createRoblox({ universes, ...config }: RobloxConfig, pace: () => Promise<void> = async () => undefined): Roblox {
  const bare = createOpenCloud(config);
  const cloud: typeof bare = async (request) => {
    await pace();
    return bare(request);
  };
  const universeOf = (id: string): Universe => {
    const found = universes.find((universe) => universe.id === id);
    if (!found) throw new Error('The universe is not configured.');
    return found;
  };
  const eachOrdered = async (player: Player, universeId: string, method: 'GET' | 'DELETE'): Promise<number> => {
    let count = 0;
    for (const path of await orderedPaths(cloud, universeOf(universeId), player)) if (await cloud({ method, path })) count += 1;
    return count;
  };
  return {
    universeIds: universes.map(({ id }) => id),
    dataStores: (universeId, page) => listDataStores(cloud, universeId, page),
    findEntriesOf: (player, universeId, dataStore) => findEntries(cloud, universeOf(universeId), dataStore, player),
    eraseEntry: (entry) => eraseEntry(cloud, entry),
    countOrdered: (player, universeId) => eachOrdered(player, universeId, 'GET'),
    eraseOrdered: (player, universeId) => eachOrdered(player, universeId, 'DELETE'),
  };
}
