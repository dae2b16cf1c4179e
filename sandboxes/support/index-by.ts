import type { Collection } from './store.ts';

/** The rows of a collection that share something, without looking at the others. */
export interface Index<T> {
  /** In the order they came to share it. */
  readonly of: (key: string) => readonly T[];
}

/** @param keysOf what a row is found by; null, undefined or none: it is not found */
export function indexBy<T>(collection: Collection<T>, keysOf: (row: T) => string | readonly string[] | null | undefined): Index<T> {
  const found = new Map<string, Map<string, T>>();
  const keys = (row: T | undefined): readonly string[] => {
    const given = row === undefined ? [] : (keysOf(row) ?? []);
    return typeof given === 'string' ? [given] : given;
  };
  collection.watch((id, before, after) => {
    const wanted = keys(after);
    for (const key of keys(before)) {
      if (wanted.includes(key)) continue;
      const rows = found.get(key);
      rows?.delete(id);
      if (rows?.size === 0) found.delete(key);
    }
    for (const key of after === undefined ? [] : wanted) {
      const rows = found.get(key) ?? new Map<string, T>();
      found.set(key, rows);
      rows.set(id, after as T);
    }
  });
  return { of: (key) => [...(found.get(key)?.values() ?? [])] };
}
