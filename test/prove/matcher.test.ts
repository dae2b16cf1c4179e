import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { createMatcher } from './matcher.ts';

const places = (patterns: readonly Buffer[], text: Buffer): string[] => {
  const found: string[] = [];
  createMatcher(patterns)(text, (pattern, at) => found.push(`${pattern}@${at}`));
  return found.sort();
};
function placesByHand(patterns: readonly Buffer[], text: Buffer): string[] {
  const found: string[] = [];
  patterns.forEach((pattern, number) => {
    for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) found.push(`${number}@${at}`);
  });
  return found.sort();
}
/** Of so few letters that everything almost fits everywhere. */
const fewLetters = (length: number): Buffer => Buffer.from(Array.from({ length }, () => 97 + randomInt(2)));

describe('a search for many patterns at once', () => {
  it('finds what looking for each of them finds, wherever they lie', () => {
    for (let round = 0; round < 200; round++) {
      const patterns = Array.from({ length: 1 + randomInt(20) }, () => fewLetters(3 + randomInt(10)));
      const text = fewLetters(randomInt(400));
      assert.deepEqual(places(patterns, text), placesByHand(patterns, text));
    }
  });

  it('finds patterns of all lengths at the very beginning and at the very end', () => {
    const patterns = [3, 10, 200].map((length) => randomBytes(length));
    for (const pattern of patterns) {
      const text = Buffer.concat([pattern, randomBytes(1_000), pattern]);
      assert.deepEqual(places(patterns, text), placesByHand(patterns, text));
    }
    assert.deepEqual(places(patterns, Buffer.alloc(0)), []);
  });

  it('refuses patterns that are in every text', () => {
    assert.throws(() => createMatcher([Buffer.from('ab')]), RangeError);
    assert.throws(() => createMatcher([]), RangeError);
  });
});
