/** Tells each place where a pattern begins in a text, by the pattern's number. */
export type Matcher = (text: Buffer, found: (pattern: number, at: number) => void) => void;

const blockBytes = 3;
const slots = 1 << 17;
const slotAt = (text: Buffer, at: number): number =>
  (((text[at] ?? 0) << 10) ^ ((text[at + 1] ?? 0) << 5) ^ (text[at + 2] ?? 0)) & (slots - 1);

/**
 * Looks for many patterns at once, in one pass that reads a fraction of the text (Wu and Manber, 1994): the last bytes of a window say how far
 * the next pattern can begin at the earliest; where they say "here", the patterns that have them there are compared.
 */
export function createMatcher(patterns: readonly Buffer[]): Matcher {
  const window = Math.min(...patterns.map(({ length }) => length));
  if (!(window >= blockBytes && window < 256)) throw new RangeError(`Patterns have at least ${blockBytes} bytes, and not all very many.`);
  const lastBlock = window - blockBytes;
  const shifts = new Uint8Array(slots).fill(lastBlock + 1);
  const endingAt = new Map<number, number[]>();
  patterns.forEach((pattern, number) => {
    for (let at = 0; at <= lastBlock; at++) {
      const slot = slotAt(pattern, at);
      shifts[slot] = Math.min(shifts[slot] ?? 0, lastBlock - at);
    }
    const slot = slotAt(pattern, lastBlock);
    endingAt.set(slot, [...(endingAt.get(slot) ?? []), number]);
  });
  return (text, found) => {
    for (let at = lastBlock; at <= text.length - blockBytes;) {
      const slot = slotAt(text, at);
      const shift = shifts[slot] ?? 0;
      if (shift > 0) {
        at += shift;
        continue;
      }
      const begin = at - lastBlock;
      for (const number of endingAt.get(slot) ?? []) if (beginsAt(text, begin, patterns[number])) found(number, begin);
      at += 1;
    }
  };
}

const beginsAt = (text: Buffer, begin: number, pattern: Buffer | undefined): boolean =>
  pattern !== undefined && begin + pattern.length <= text.length && pattern.compare(text, begin, begin + pattern.length) === 0;
