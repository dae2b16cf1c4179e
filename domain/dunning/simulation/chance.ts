/**
 * Chance without state: the same seed, case and question give the same number of [0, 1), whatever was asked before. So two policies meet the
 * very same customers, and what differs between their figures is the policies.
 */
export function chance(seed: number, number: number, question: number): number {
  let mixed =
    Math.imul(seed + 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 0x7f4a7c15, 0xc2b2ae35) ^ Math.imul(question + 0x165667b1, 0x27d4eb2f);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
}

/** How long until something that takes `mean` on average and forgets how long it has taken. */
export const waitOf = (chance: number, mean: number): number => -Math.log(1 - chance) * mean;
