import assert from 'node:assert/strict';
import { MockActivityEnvironment } from '@temporalio/testing';
import { givingWay, noteRunning } from '../../../activities/support/give-way.ts';

let made = 0;

/** Runs an activity as the worker does; `act` gets what gives way and the rests it took. */
async function asActivity<T>(act: (giveWay: () => Promise<void>, rests: number[]) => Promise<T>): Promise<T> {
  const base64TaskToken = `token ${(made += 1)}`;
  const environment = new MockActivityEnvironment({ base64TaskToken });
  const rests: number[] = [];
  const rest = async (ms: number): Promise<void> => void rests.push(ms);
  return noteRunning(base64TaskToken, () => environment.run(() => act(givingWay(rest), rests)));
}
const short = (): Promise<void> => asActivity(async () => undefined);

describe('an activity that gives way', () => {
  it('rests for nobody while it is alone', () =>
    asActivity(async (giveWay, rests) => {
      await giveWay();
      await giveWay();
      assert.deepEqual(rests, []);
    }));

  it('rests as long as its last piece of work took, once, for those that have begun meanwhile', () => {
    const since = performance.now();
    return asActivity(async (giveWay, rests) => {
      await Promise.all([short(), short()]);
      await giveWay();
      await giveWay();
      assert.equal(rests.length, 1);
      assert.ok(rests.every((ms) => ms >= 0 && ms <= performance.now() - since));
    });
  });

  it('rests between all pieces while one that began later runs, which rests for none', () =>
    asActivity((older, restsOfOlder) =>
      asActivity(async (younger, restsOfYounger) => {
        for (let piece = 0; piece < 3; piece += 1) {
          await older();
          await younger();
        }
        assert.deepEqual([restsOfOlder.length, restsOfYounger.length], [3, 0]);
      }),
    ));

  it('stops resting when the run is cancelled', async () => {
    const environment = new MockActivityEnvironment({ base64TaskToken: 'cancelled' });
    const act = environment.run(async () => {
      const giveWay = givingWay();
      // Long enough that the test would end before the rest does.
      const pieceEnds = performance.now() + 200;
      while (performance.now() < pieceEnds) await short();
      environment.cancel();
      await giveWay();
    });
    await assert.rejects(act, { name: 'AbortError' });
  });
});
