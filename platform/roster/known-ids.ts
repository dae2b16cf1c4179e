import { createIdHash } from './id-hash.ts';

/** What other rows of a roster refer to. */
export type Referable = 'orgUnits' | 'people' | 'classes';
export type KnownIds = ReturnType<typeof createKnownIds>;

/**
 * The ids of what this attempt at an import writes, by the school's own ids: most of the rows that come later need no other look-up.
 * Bounded: what is not remembered is found in the databases.
 */
export function createKnownIds(limit = 200_000) {
  const hash = createIdHash(20);
  const known: Record<Referable, Map<string, string>> = { orgUnits: new Map(), people: new Map(), classes: new Map() };
  return {
    get: (kind: Referable, sourceId: string): string | undefined => known[kind].get(hash(sourceId)),
    note(kind: Referable, sourceId: string, id: string): void {
      if (known[kind].size < limit) known[kind].set(hash(sourceId), id);
    },
    /** Ids of people whose rows were not written, as those of erased people are not. */
    unwritten: new Set<string>(),
  };
}
