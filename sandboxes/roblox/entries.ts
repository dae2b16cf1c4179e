import { randomBytes } from 'node:crypto';
import { timestamp } from './context.ts';
import type { RobloxContext } from './context.ts';
import { keptMs, openDataStores } from './data-stores.ts';

export interface Revision {
  readonly id: string;
  readonly atMs: number;
  readonly state: 'ACTIVE' | 'DELETED';
  readonly value: unknown;
  readonly users: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Since when another one stands in its place. */
  readonly supersededMs?: number;
}
export interface Place {
  readonly universe: string;
  readonly dataStore: string;
  readonly scope: string;
  readonly id: string;
}
export interface Entry extends Place {
  readonly createdMs: number;
  /** Oldest first. */
  readonly revisions: readonly Revision[];
}
export type Content = Pick<Revision, 'value' | 'users' | 'attributes'>;

const [hour, day] = [3_600_000, 86_400_000];
const nothing: Content = { value: null, users: [], attributes: {} };

const keyOf = ({ universe, dataStore, scope, id }: Place): string => JSON.stringify([universe, dataStore, scope, id]);
export const newest = ({ revisions }: Entry): Revision => revisions.at(-1) as Revision;
export const isDeleted = (entry: Entry): boolean => newest(entry).state === 'DELETED';

export type Entries = ReturnType<typeof openEntries>;

/**
 * Entries with their revisions. As Roblox documents it: the first write to a key in an hour (UTC) leaves what was there before as a
 * revision, later ones in that hour replace for good, unless a snapshot was taken in between; a revision goes 30 days after it was
 * superseded, and a deleted entry, whole, 30 days after it was deleted.
 */
export function openEntries({ store, clock }: RobloxContext) {
  const rows = store.collection<Entry>('entries');
  const snapshots = store.collection<number>('snapshots');
  const stores = openDataStores({ store, clock }, (universe, dataStore) => {
    for (const entry of rows.values()) if (entry.universe === universe && entry.dataStore === dataStore) rows.delete(keyOf(entry));
  });

  const living = (entry: Entry | undefined): Entry | undefined => {
    if (!entry) return undefined;
    const forgetMs = clock.nowMs() - keptMs;
    const gone = isDeleted(entry) && newest(entry).atMs <= forgetMs;
    return gone ? undefined : { ...entry, revisions: entry.revisions.filter(({ supersededMs: at }) => at === undefined || at > forgetMs) };
  };

  /** Only what is still kept goes back into the journal. */
  function push(place: Place, content: Content, state: Revision['state']): Entry {
    const nowMs = clock.nowMs();
    const known = living(rows.get(keyOf(place)));
    const last = known && newest(known);
    const sameHour = last !== undefined && Math.floor(last.atMs / hour) === Math.floor(nowMs / hour);
    const replaced = sameHour && last.state === 'ACTIVE' && state === 'ACTIVE' && (snapshots.get(place.universe) ?? 0) <= last.atMs;
    const older = known?.revisions.slice(0, -1) ?? [];
    const kept = last && !replaced ? [...older, { ...last, supersededMs: nowMs }] : older;
    const revision: Revision = { id: revisionId(nowMs), atMs: nowMs, state, ...content };
    const entry: Entry = { ...place, createdMs: known?.createdMs ?? nowMs, revisions: [...kept, revision] };
    rows.put(keyOf(place), entry);
    stores.met(place.universe, place.dataStore);
    return entry;
  }

  return {
    /** With its tombstone, while there is one. */
    find: (place: Place): Entry | undefined => living(rows.get(keyOf(place))),
    put: (place: Place, content: Content): Entry => push(place, content, 'ACTIVE'),
    remove: (place: Place): Entry => push(place, nothing, 'DELETED'),
    /** In the order of scope and id. `scope` `-`: of all scopes. */
    list: (universe: string, dataStore: string, scope: string): Entry[] =>
      rows
        .values()
        .filter((entry) => entry.universe === universe && entry.dataStore === dataStore && (scope === '-' || entry.scope === scope))
        .flatMap((entry) => living(entry) ?? [])
        .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
    keyOf,
    stores,
    /** Once a day (UTC). Answers whether one was taken now, and when the latest was. */
    snapshot(universe: string): { taken: boolean; atMs: number } {
      const nowMs = clock.nowMs();
      const last = snapshots.get(universe);
      if (last !== undefined && Math.floor(last / day) === Math.floor(nowMs / day)) return { taken: false, atMs: last };
      snapshots.put(universe, nowMs);
      return { taken: true, atMs: nowMs };
    },
  };
}

const revisionId = (atMs: number): string => {
  const time = atMs.toString(16).toUpperCase().padStart(16, '0');
  return `${time}.0000000001.${time}.${randomBytes(1).toString('hex').toUpperCase()}`;
};

/** An entry as it goes over the wire, at its newest revision unless another is given; `scoped`: as the routes with a scope name it. */
export function presentEntry(entry: Entry, scoped: boolean, revision: Revision = newest(entry)): Record<string, unknown> {
  const { id, state, atMs, value, users, attributes } = revision;
  const content = state === 'ACTIVE' ? { value, users, attributes } : {};
  return { ...presentRevision(entry, scoped, { id, state, atMs }), ...content };
}

export const presentRevision = (entry: Entry, scoped: boolean, { id, state, atMs }: Pick<Revision, 'id' | 'state' | 'atMs'>) => ({
  ...presentName(entry, scoped),
  createTime: timestamp(entry.createdMs),
  revisionId: id,
  revisionCreateTime: timestamp(atMs),
  state,
  etag: id,
});

export function presentName({ universe, dataStore, scope, id }: Place, scoped: boolean): { path: string; id: string } {
  return { path: `universes/${universe}/data-stores/${dataStore}/${scoped ? `scopes/${scope}/` : ''}entries/${id}`, id };
}
