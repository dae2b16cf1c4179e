import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createCoalescer } from '../../platform/coalesce.ts';

/** A promise that the test settles. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
class BadItemError extends Error {
  readonly item: number;
  constructor(item: number) {
    super(`bad ${item}`);
    this.item = item;
  }
}

describe('platform/coalesce', () => {
  it('does at once what comes first, and together what comes meanwhile, in order', async () => {
    const [batches, first]: [number[][], ReturnType<typeof gate>] = [[], gate()];
    const double = createCoalescer<number, number>({
      work: async (_, items) => {
        batches.push([...items]);
        if (batches.length === 1) await first.opened;
        return items.map((item) => item * 2);
      },
    });
    const asked = [1, 2, 3, 4].map((item) => double('x', item));
    assert.deepEqual(batches, [[1]]);
    first.open();
    assert.deepEqual(await Promise.all(asked), [2, 4, 6, 8]);
    assert.deepEqual(batches, [[1], [2, 3, 4]]);
    assert.equal(await double('x', 5), 10);
    assert.deepEqual(batches.at(-1), [5]);
  });

  it('does not let one kind wait for another', async () => {
    const never = gate();
    const ask = createCoalescer<number, number>({
      work: async (kind, items) => {
        if (kind === 'stuck') await never.opened;
        return items;
      },
    });
    const stuck = ask('stuck', 1);
    assert.equal(await ask('free', 2), 2);
    never.open();
    assert.equal(await stuck, 1);
  });

  it('goes on without work that hangs', async () => {
    const never = gate();
    const ask = createCoalescer<number, number>({
      patienceMs: 10,
      work: async (_, items) => {
        if (items.includes(1)) await never.opened;
        return items;
      },
    });
    const hanging = ask('x', 1);
    assert.deepEqual(await Promise.all([ask('x', 2), ask('x', 3)]), [2, 3]);
    never.open();
    assert.equal(await hanging, 1);
  });

  it('tries each alone when several fail, but not when the error concerns all', async () => {
    let calls = 0;
    const ask = createCoalescer<number, number>({
      concernsAll: (error) => error instanceof RangeError,
      work: async (_, items) => {
        calls += 1;
        if (items.length > 1) throw new RangeError('away');
        return items;
      },
    });
    const [first, ...others] = await Promise.allSettled([1, 2, 3].map((item) => ask('x', item)));
    assert.equal(first?.status, 'fulfilled');
    assert.deepEqual(
      others.map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    assert.equal(calls, 2);
  });

  it('refuses work that answers too few results', async () => {
    const ask = createCoalescer<number, number>({ work: async () => [] });
    await assert.rejects(ask('x', 1), /1 items had 0 results/);
  });

  it('gives each caller its own result or error, one batch of a kind at a time, whatever comes when', async () => {
    const asked = fc.record({ kind: fc.constantFrom('a', 'b'), bad: fc.boolean(), turns: fc.nat(6) });
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { maxLength: 30 }), fc.integer({ min: 1, max: 5 }), async (arrivals, max) => {
        const underWay = new Map<string, number>();
        const done: number[] = [];
        const ask = createCoalescer<number, string>({
          max,
          work: async (kind, items) => {
            assert.ok(items.length <= max && items.every((item) => arrivals[item]?.kind === kind));
            const alone = items.length === 1; // those of a failed batch are tried side by side
            assert.ok(alone || !underWay.get(kind));
            underWay.set(kind, (underWay.get(kind) ?? 0) + 1);
            for (let turn = 0; turn < 3; turn += 1) await Promise.resolve();
            underWay.set(kind, (underWay.get(kind) ?? 0) - 1);
            const bad = items.find((item) => arrivals[item]?.bad);
            if (bad !== undefined) throw new BadItemError(bad);
            done.push(...items);
            return items.map((item) => `${kind}${item}`);
          },
        });
        const answers = await Promise.allSettled(
          arrivals.map(async ({ kind, turns }, item) => {
            for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
            return await ask(kind, item);
          }),
        );
        answers.forEach((answer, item) => {
          const { kind, bad } = arrivals[item] ?? {};
          if (answer.status === 'fulfilled') assert.deepEqual([answer.value, bad], [`${kind}${item}`, false]);
          else assert.deepEqual([(answer.reason as BadItemError).item, bad], [item, true]);
        });
        assert.equal(new Set(done).size, done.length);
      }),
    );
  });
});
