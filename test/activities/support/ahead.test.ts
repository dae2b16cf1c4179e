import assert from 'node:assert/strict';
import { ahead } from '../../../activities/support/ahead.ts';
import { until } from '../../support/until.ts';

describe('activities/support/ahead', () => {
  /** Numbers that are told when they are asked for, and may be held up or fail. */
  function numbers(of: { readonly held?: Promise<void>; readonly failsAt?: number } = {}) {
    const log: string[] = [];
    async function* source(): AsyncGenerator<number> {
      try {
        for (let number = 1; number <= 5; number += 1) {
          log.push(`${number}`);
          if (number > 1) await of.held;
          if (number === of.failsAt) throw new Error('failed');
          yield number;
        }
      } finally {
        log.push('closed');
      }
    }
    return { source: source(), log };
  }

  it('yields everything in order', async () => {
    const seen: number[] = [];
    for await (const number of ahead(numbers().source)) seen.push(number);
    assert.deepEqual(seen, [1, 2, 3, 4, 5]);
  });

  it('works on what comes next while one is used, and no further', async () => {
    const { source, log } = numbers();
    for await (const number of ahead(source)) {
      await until(() => log.includes(`${Math.min(number + 1, 5)}`));
      assert.ok(!log.includes(`${number + 2}`), `${log.join()} at ${number}`);
    }
  });

  it('ends only when what is under way has ended, where its user stops early', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { source, log } = numbers({ held });
    let ended = false;
    const stopped = (async () => {
      for await (const _ of ahead(source)) throw new Error('enough');
    })().finally(() => (ended = true));
    await until(() => log.includes('2'));
    assert.equal(ended, false);
    release();
    await assert.rejects(stopped, /enough/);
    assert.deepEqual(log, ['1', '2', 'closed']);
  });

  it('tells an error when its turn has come, after what was before it', async () => {
    const seen: number[] = [];
    const failing = async (): Promise<void> => {
      for await (const number of ahead(numbers({ failsAt: 3 }).source, 3)) seen.push(number);
    };
    await assert.rejects(failing(), /failed/);
    assert.deepEqual(seen, [1, 2]);
  });
});
