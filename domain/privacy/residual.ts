/** How many of each kind: by table, bucket or kind of object. */
export type Counts = Readonly<Record<string, number>>;
/** What was found of a person, by place. Places with nothing are in it with zeros: they were searched. */
export type Residual = Readonly<Record<string, Counts>>;

/** The kind of what a vendor keeps for a while after it has erased, whatever one does. It goes by itself: only the end waits for it. */
const tombstones = 'tombstones';

/** How many of what can be erased. */
export const totalOf = (counts: Counts): number =>
  Object.entries(counts).reduce((sum, [what, count]) => (what === tombstones ? sum : sum + count), 0);

/** The places where something is left, in the order they were searched. */
export const leftIn = (residual: Residual): string[] => Object.keys(residual).filter((place) => totalOf(residual[place] ?? {}) > 0);

/** The places whose vendor still keeps something that was erased. */
export const keptIn = (residual: Residual): string[] => Object.keys(residual).filter((place) => (residual[place]?.[tombstones] ?? 0) > 0);
