import type { RobloxContext } from './context.ts';
import { notFound } from './failure.ts';

export interface DataStore {
  readonly universe: string;
  readonly id: string;
  readonly createdMs: number;
  /** When it is gone for good, once it is marked for deletion. */
  readonly expireMs?: number;
}

/** How long what was deleted, or written over, can still be read. */
export const keptMs = 30 * 86_400_000;

/** Data stores: there by their first entry, gone 30 days after they were marked for deletion. `forget` drops what one held. */
export function openDataStores(
  { store, clock }: Pick<RobloxContext, 'store' | 'clock'>,
  forget: (universe: string, dataStore: string) => void,
) {
  const stores = store.collection<DataStore>('data_stores');
  const keyOf = (universe: string, id: string) => JSON.stringify([universe, id]);
  const isOpen = (found: DataStore | undefined): boolean => found !== undefined && found.expireMs === undefined;
  return {
    met(universe: string, id: string): void {
      if (!stores.get(keyOf(universe, id))) stores.put(keyOf(universe, id), { universe, id, createdMs: clock.nowMs() });
    },
    /** In the order of their names. */
    list(universe: string): DataStore[] {
      for (const { universe: of, id, expireMs } of stores.values()) {
        if ((expireMs ?? Infinity) > clock.nowMs()) continue;
        forget(of, id);
        stores.delete(keyOf(of, id));
      }
      const found = stores.values().filter((one) => one.universe === universe);
      return found.sort((a, b) => (a.id < b.id ? -1 : 1));
    },
    /** Throws when there is none, or it is marked for deletion. */
    demand(universe: string, id: string): void {
      if (!isOpen(stores.get(keyOf(universe, id)))) throw notFound('Data store');
    },
    /** Marks a store for deletion, or takes that back. */
    mark(universe: string, id: string, deleted: boolean): DataStore {
      const found = stores.get(keyOf(universe, id));
      if (!found || (deleted && !isOpen(found))) throw notFound('Data store');
      const { expireMs: _expire, ...open } = found;
      const marked = deleted ? { ...open, expireMs: clock.nowMs() + keptMs } : open;
      stores.put(keyOf(universe, id), marked);
      return marked;
    },
  };
}
