/** How many of each kind: by table, bucket or kind of object. */
export type Counts = Readonly<Record<string, number>>;
/** What was found of a person, by place. Places with nothing are in it with zeros: they were searched. */
export type Residual = Readonly<Record<string, Counts>>;

export const totalOf = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** The places where something is left, in the order they were searched. */
export const leftIn = (residual: Residual): string[] => Object.keys(residual).filter((place) => totalOf(residual[place] ?? {}) > 0);
