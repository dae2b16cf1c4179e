import type { Collection } from './store.ts';

/** The rows of a collection that share something, without looking at the others. */
export interface Index<T> {
  /** In the order they came to share it. */
  readonly of: (key: string) => readonly T[];
}

/** @param keyOf what a row is found by; null or undefined: it is not found */
export function indexBy<T>(collection: Collection<T>, keyOf: (row: T) => string | null | undefined): Index<T> {
  const found = new Map<string, Map<string, T>>();
  collection.watch((id, before, after) => {
    const [from, to] = [before && keyOf(before), after && keyOf(after)];
    if (from && from !== to) {
      const rows = found.get(from);
      rows?.delete(id);
      if (rows?.size === 0) found.delete(from);
    }
    if (!to || after === undefined) return;
    const rows = found.get(to) ?? new Map<string, T>();
    found.set(to, rows);
    rows.set(id, after);
  });
  return { of: (key) => [...(found.get(key)?.values() ?? [])] };
}
