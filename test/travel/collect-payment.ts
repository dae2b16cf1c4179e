import assert from 'node:assert/strict';
import { dunningCase } from '../exercise/support/dunning-cases.ts';
import { collectAll, differencesOf, longestDays, lookAtAll, prepare } from '../exercise/support/dunning-runs.ts';
import { useCollecting } from '../workflows/support/collecting.ts';

describe('workflows/collect-payment through 28 days', function () {
  this.timeout(120_000);
  const collecting = useCollecting();

  it('brings 100 failing subscriptions of every kind to the end the policy says, and charges and writes no more than that', async () => {
    const cases = Array.from({ length: 100 }, (_, number) => dunningCase(1, number));
    const { ended } = await collectAll(collecting, await prepare(collecting, cases), 50);
    const collected = await lookAtAll(ended);
    assert.deepEqual(await differencesOf(collecting, collected), []);
    assert.ok(longestDays(collected) >= 28, 'some are written off on the last day');
    const ends = new Set(collected.map(({ result }) => result.outcome));
    assert.deepEqual([...ends].toSorted(), ['paid', 'written-off']);
  });
});
