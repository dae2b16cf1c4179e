import assert from 'node:assert/strict';
import { useCorrecting } from './support/correcting.ts';
import { cancelAndHear, failureOf } from './support/runs.ts';
import { progressUntil, statesOf } from './support/world.ts';

describe('workflows/restrict-subject', function () {
  this.timeout(60_000);
  const correcting = useCorrecting();
  const reason = 'accuracy-contested';
  const holding = (progress: { steps: readonly { name: string; state: string }[] }): boolean =>
    progress.steps.some(({ name, state }) => name === 'hold' && state === 'running');
  const restricted = async ({ tenantId, personId }: { tenantId: string; personId: string }): Promise<boolean> =>
    (await correcting.read(tenantId, personId)).row.restricted_by !== null;

  it('holds the data back until it is told to lift that, and stays open meanwhile', async () => {
    const pupil = await correcting.pupil();
    await correcting.run('restrictSubject', { ...pupil, reason }, async ({ handle, ends }) => {
      const { takes } = await progressUntil(handle, holding);
      assert.deepEqual([takes, await restricted(pupil)], [['lift'], true]);
      assert.deepEqual(await handle.executeUpdate('lift', { args: [{}] }), { lifting: true });
      assert.deepEqual(await handle.result(), { liftedBy: 'message' });
      assert.equal(statesOf({ steps: ends[0]?.steps ?? [] }), 'restrict done, hold done, lift done');
    });
    assert.deepEqual(
      [await restricted(pupil), await correcting.actions(pupil.tenantId)],
      [false, ['person.restrict', 'person.lift-restriction']],
    );
  });

  it('lifts it by itself on the day that was named', async () => {
    const pupil = await correcting.pupil();
    await correcting.run('restrictSubject', { ...pupil, reason, until: new Date(Date.now() + 1_500).toISOString() }, async ({ handle }) => {
      assert.deepEqual(await handle.result(), { liftedBy: 'date' });
    });
    assert.equal(await restricted(pupil), false);
  });

  it('lifts it when it is cancelled, and refuses a person of another school', async () => {
    const [pupil, other] = [await correcting.pupil(), await correcting.pupil()];
    await correcting.run('restrictSubject', { ...pupil, reason }, async ({ handle }) => {
      await progressUntil(handle, holding);
      await cancelAndHear(handle);
      await failureOf(handle);
    });
    assert.equal(await restricted(pupil), false);
    await correcting.run('restrictSubject', { ...pupil, personId: other.personId, reason }, async ({ handle }) => {
      assert.equal(((await failureOf(handle)) as { type?: string }).type, 'not-found');
    });
  });
});
