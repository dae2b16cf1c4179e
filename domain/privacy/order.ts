/** `from` refers to `to`: a row of `from` must go first. */
export interface Reference {
  readonly from: string;
  readonly to: string;
}

/**
 * Places so that whatever refers to another comes before it: the order of erasure (reversed: of access). Of those that are free, the first
 * as given comes first, so the same map always makes the same order. References to oneself, and to what is no place, mean nothing.
 * @throws Error naming the places of a circle: one of its references would have to be broken by hand
 */
export function erasureOrder(places: readonly string[], references: readonly Reference[]): string[] {
  const left = new Set(places);
  const relevant = references.filter(({ from, to }) => from !== to && left.has(from) && left.has(to));
  const order: string[] = [];
  while (left.size > 0) {
    const next = [...left].find((place) => !relevant.some(({ from, to }) => to === place && left.has(from)));
    if (next === undefined) throw new Error(`These places refer to each other in a circle: ${[...left].join(', ')}.`);
    left.delete(next);
    order.push(next);
  }
  return order;
}
