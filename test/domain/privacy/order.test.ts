import assert from 'node:assert/strict';
import fc from 'fast-check';
import { erasureOrder } from '../../../domain/privacy/order.ts';

const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 1, maxLength: 12 });
/** A map without circles: a place refers to such as were named before it. */
const maps = names.chain((places) =>
  fc.record({
    places: fc.shuffledSubarray(places, { minLength: places.length }),
    references: fc
      .array(fc.tuple(fc.nat(places.length - 1), fc.nat(places.length - 1)))
      .map((pairs) => pairs.map(([a, b]) => ({ from: places[Math.max(a, b)] ?? '', to: places[Math.min(a, b)] ?? '' }))),
  }),
);

describe('domain/privacy/order', () => {
  it('puts each place once, before every other that it refers to', () => {
    fc.assert(
      fc.property(maps, ({ places, references }) => {
        const order = erasureOrder(places, references);
        assert.deepEqual([...order].sort(), [...places].sort());
        for (const { from, to } of references) if (from !== to) assert.ok(order.indexOf(from) < order.indexOf(to), `${from} -> ${to}`);
      }),
    );
  });

  it('makes the same order of the same map, however its references are listed', () => {
    fc.assert(
      fc.property(maps, ({ places, references }) => {
        assert.deepEqual(erasureOrder(places, references), erasureOrder(places, references.toReversed()));
      }),
    );
  });

  it('keeps the order given where nothing speaks against it, and passes over what is no place', () => {
    assert.deepEqual(erasureOrder(['c', 'a', 'b'], [{ from: 'a', to: 'elsewhere' }]), ['c', 'a', 'b']);
  });

  it('names the places of a circle', () => {
    const circle = [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a' },
    ];
    assert.throws(() => erasureOrder(['a', 'b', 'c'], circle), /circle: a, b/);
  });
});
