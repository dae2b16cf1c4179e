import { type OpenCloud, pathOf } from './open-cloud.ts';
import { keysOf, prefixesOf, type Universe, usersIn } from './universes.ts';

export interface EntryPlace {
  readonly universeId: string;
  readonly dataStore: string;
  readonly scope: string;
  readonly key: string;
}
export interface FoundEntries {
  /** What stands there. */
  readonly active: readonly EntryPlace[];
  /** What was deleted and is still kept: its revisions can be read. */
  readonly deleted: readonly EntryPlace[];
}
export interface ErasedEntry {
  /** Revisions that can still be read, and until when all of it is gone: 30 days after it was deleted, by Roblox's clock. */
  readonly revisions: number;
  readonly tombstoneEndsAt: Date;
}
type Fields = Readonly<Record<string, unknown>>;

const keptMs = 30 * 86_400_000;
const most = 256;
const rows = (answer: Fields | undefined, list: string): readonly Fields[] => (answer?.[list] ?? []) as readonly Fields[];
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const nextOf = (answer: Fields | undefined): string | undefined => textOf(answer?.['nextPageToken']) || undefined;

/** A page of an experience's data stores, by name. Those that are marked for deletion are gone by themselves. */
export async function listDataStores(
  cloud: OpenCloud,
  universeId: string,
  { size, pageToken }: { readonly size: number; readonly pageToken?: string | undefined },
): Promise<{ names: readonly string[]; next: string | undefined }> {
  const answer = await cloud({
    method: 'GET',
    path: pathOf('universes', universeId, 'data-stores'),
    query: { maxPageSize: size, pageToken },
  });
  return { names: rows(answer, 'dataStores').map(({ id }) => textOf(id)), next: nextOf(answer) };
}

interface Listing {
  readonly universeId: string;
  readonly dataStore: string;
  readonly prefix?: string;
  readonly showDeleted?: boolean;
}

/** Every entry of a data store in all of its scopes, page by page. A list names entries and says nothing else of them. */
export async function* listEntries(
  cloud: OpenCloud,
  { universeId, dataStore, prefix, showDeleted }: Listing,
): AsyncGenerator<EntryPlace[]> {
  const path = pathOf('universes', universeId, 'data-stores', dataStore, 'scopes', '-', 'entries');
  const filter = prefix === undefined ? undefined : `id.startsWith(${JSON.stringify(prefix)})`;
  let pageToken: string | undefined;
  do {
    const answer = await cloud({ method: 'GET', path, query: { maxPageSize: most, filter, showDeleted, pageToken } });
    yield rows(answer, 'dataStoreEntries').map(({ path: name, id }) => placeOf({ universeId, dataStore }, textOf(name), textOf(id)));
    pageToken = nextOf(answer);
  } while (pageToken !== undefined);
}

/** The scope is part of the path alone. */
function placeOf(of: Pick<EntryPlace, 'universeId' | 'dataStore'>, path: string, key: string): EntryPlace {
  const [, rest = ''] = path.split('/scopes/');
  const scope = rest.endsWith(`/entries/${key}`) ? rest.slice(0, -`/entries/${key}`.length) : 'global';
  return { ...of, scope, key };
}

/** A user by number, or, when nobody knows it any more, what tells which of these users are looked for. */
export type Player = string | ((userIds: readonly string[]) => Promise<ReadonlySet<string>>);

/**
 * A user's entries in a data store. By number they are asked for by the beginning of their keys, and kept when a key is exactly the user's
 * (`user_12` is not `user_123`); else everything is listed, whatever it begins with. A list does not say which entries are deleted, so it
 * is asked for twice: with and without.
 */
export async function findEntries(cloud: OpenCloud, universe: Universe, dataStore: string, player: Player): Promise<FoundEntries> {
  const prefixes = typeof player === 'string' ? prefixesOf(universe, player) : [undefined];
  return await findApart(cloud, { universeId: universe.id, dataStore, prefixes }, (page) => pickOf(universe, player, page));
}

async function pickOf<Entry extends { readonly key: string }>(
  universe: Universe,
  player: Player,
  page: readonly Entry[],
): Promise<readonly Entry[]> {
  if (typeof player === 'string') {
    const keys = new Set(keysOf(universe, player));
    return page.filter(({ key }) => keys.has(key));
  }
  const wanted = await player([...new Set(page.flatMap(({ key }) => usersIn(universe, key)))]);
  return page.filter(({ key }) => usersIn(universe, key).some((userId) => wanted.has(userId)));
}

interface Search extends Pick<EntryPlace, 'universeId' | 'dataStore'> {
  readonly prefixes: readonly (string | undefined)[];
}

async function findApart(
  cloud: OpenCloud,
  { prefixes, ...of }: Search,
  pick: (page: readonly EntryPlace[]) => Promise<readonly EntryPlace[]>,
): Promise<FoundEntries> {
  const listed = async (showDeleted: boolean): Promise<EntryPlace[]> => {
    const found: EntryPlace[] = [];
    for (const prefix of prefixes)
      for await (const page of listEntries(cloud, { ...of, showDeleted, ...(prefix === undefined ? {} : { prefix }) }))
        found.push(...(await pick(page)));
    return found;
  };
  const all = await listed(true);
  return all.length === 0 ? { active: [], deleted: [] } : apart(all, await listed(false));
}

function apart(all: readonly EntryPlace[], active: readonly EntryPlace[]): FoundEntries {
  const standing = new Set(active.map((place) => JSON.stringify(place)));
  const [here, gone]: [EntryPlace[], EntryPlace[]] = [[], []];
  for (const place of all) (standing.has(JSON.stringify(place)) ? here : gone).push(place);
  return { active: here, deleted: gone };
}

/** What an entry holds when it says nothing any more. */
const blank = { value: {}, users: [], attributes: {} };
const isBlank = ({ value, users, attributes }: Fields): boolean =>
  [value, users ?? [], attributes ?? {}].every((part) => typeof part === 'object' && part !== null && Object.keys(part).length === 0);

/**
 * Writes an entry over and deletes it. What was written in the hour (UTC) before is gone by the first; what is older stays a revision for
 * 30 days, whatever one does, and the newest content that Roblox shows of the entry is nothing. Safe to repeat: what is blank is not
 * written over again, what is deleted is only asked about.
 */
export async function eraseEntry(cloud: OpenCloud, { universeId, dataStore, scope, key }: EntryPlace): Promise<ErasedEntry | undefined> {
  const path = pathOf('universes', universeId, 'data-stores', dataStore, 'scopes', scope, 'entries', key);
  const standing = await cloud({ method: 'GET', path });
  if (standing && standing['state'] !== 'DELETED') {
    if (!isBlank(standing)) await cloud({ method: 'PATCH', path, body: blank });
    await cloud({ method: 'DELETE', path });
  }
  return await tombstoneOf(cloud, path);
}

/** Of an entry that is deleted; undefined when nothing of it is left. */
async function tombstoneOf(cloud: OpenCloud, path: string): Promise<ErasedEntry | undefined> {
  let [revisions, deletedAt, pageToken] = [0, 0, undefined as string | undefined];
  do {
    const answer = await cloud({ method: 'GET', path: `${path}:listRevisions`, query: { maxPageSize: 100, pageToken } });
    for (const { state, revisionCreateTime } of rows(answer, 'dataStoreEntries'))
      if (state === 'DELETED') deletedAt = Math.max(deletedAt, Date.parse(textOf(revisionCreateTime)));
      else revisions += 1;
    pageToken = nextOf(answer);
  } while (pageToken !== undefined);
  return deletedAt > 0 ? { revisions, tombstoneEndsAt: new Date(deletedAt + keptMs) } : undefined;
}

const mostOrdered = 100;

/**
 * Where a player stands in the ordered data stores of an experience, or may stand: by number nothing is asked, else each is read. They
 * keep no revisions: what is deleted is gone.
 */
export async function orderedPaths(cloud: OpenCloud, universe: Universe, player: Player): Promise<string[]> {
  const paths: string[] = [];
  for (const named of universe.orderedStores) {
    const [name = '', scope = 'global'] = named.split('/');
    const folder = ['universes', universe.id, 'ordered-data-stores', name, 'scopes', scope, 'entries'];
    const keys = typeof player === 'string' ? keysOf(universe, player) : await orderedKeys(cloud, universe, folder, player);
    paths.push(...keys.map((key) => pathOf(...folder, key)));
  }
  return paths;
}

async function orderedKeys(cloud: OpenCloud, universe: Universe, folder: readonly string[], player: Player): Promise<string[]> {
  const keys: string[] = [];
  let pageToken: string | undefined;
  do {
    const answer = await cloud({ method: 'GET', path: pathOf(...folder), query: { maxPageSize: mostOrdered, pageToken } });
    const page = rows(answer, 'orderedDataStoreEntries').map(({ id }) => ({ key: textOf(id) }));
    keys.push(...(await pickOf(universe, player, page)).map(({ key }) => key));
    pageToken = nextOf(answer);
  } while (pageToken !== undefined);
  return keys;
}
