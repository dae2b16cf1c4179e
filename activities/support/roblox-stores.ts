import type { Roblox } from '../../platform/roblox.ts';

/** Behind which data store: names of experiences' own, no player's. A page of a list goes on by a token of Roblox's. */
export interface StorePosition {
  readonly universeId: string;
  readonly pageToken?: string;
  /** Data stores of that page that are done. */
  readonly done: number;
}
export interface StorePlace {
  readonly universeId: string;
  readonly dataStore: string;
}
export interface Visitor {
  /** Once for each experience, before its data stores. */
  readonly ofUniverse: (universeId: string) => Promise<void>;
  /** Answers how many requests it took. */
  readonly ofStore: (store: StorePlace) => Promise<number>;
}

const storesAtOnce = 50;
/** Requests that an activity makes before it leaves the rest to the next: a store is not left halfway. */
export const requestsAPage = 10;

interface ListPage {
  readonly universeId: string;
  readonly names: readonly string[];
  readonly pageToken: string | undefined;
  readonly next: string | undefined;
  /** Of its names, those before are done. */
  readonly from: number;
}

async function* listPages(roblox: Roblox, at: StorePosition | undefined): AsyncGenerator<ListPage> {
  const begin = at ? roblox.universeIds.indexOf(at.universeId) : 0;
  // An experience that is no longer configured is looked through no further, and what comes after it cannot be told.
  for (const universeId of roblox.universeIds.slice(Math.max(begin, 0))) {
    const here = at?.universeId === universeId ? at : undefined;
    let [pageToken, from] = [here?.pageToken, here?.done ?? 0];
    do {
      const { names, next } = await roblox.dataStores(universeId, { size: storesAtOnce, pageToken });
      yield { universeId, names, pageToken, next, from };
      [pageToken, from] = [next, 0];
    } while (pageToken !== undefined);
  }
}

const positionIn = ({ universeId, pageToken }: ListPage, done: number): StorePosition => ({
  universeId,
  done,
  ...(pageToken === undefined ? {} : { pageToken }),
});

/** Visits data stores until the page's requests are used; answers where to go on, or undefined when there is no more. */
export async function eachStoreOfPage(
  roblox: Roblox,
  at: StorePosition | undefined,
  { ofUniverse, ofStore }: Visitor,
): Promise<StorePosition | undefined> {
  let requests = 0;
  for await (const page of listPages(roblox, at)) {
    requests += 1;
    const begins = page.pageToken === undefined && page.from === 0;
    if (begins && !(at?.universeId === page.universeId)) await ofUniverse(page.universeId);
    for (const [index, dataStore] of page.names.entries()) {
      if (index < page.from) continue;
      if (requests >= requestsAPage) return positionIn(page, index);
      requests += await ofStore({ universeId: page.universeId, dataStore });
    }
  }
  return undefined;
}
