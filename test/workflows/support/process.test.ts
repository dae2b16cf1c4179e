import assert from 'node:assert/strict';
import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { TenantExistsError, VendorUnavailableError } from '../../../domain/errors.ts';
import { refuse } from '../../../activities/support/refuse.ts';
import { openedHistory } from '../../support/opened-history.ts';
import { createWorker, withWorker } from '../../support/temporal.ts';
import { until } from '../../support/until.ts';
import { createWorld, progressUntil, startFixture, statesOf, untilCancelled } from './world.ts';

const steps = ['one', 'two', 'three'];
const failureOf = async (result: Promise<unknown>): Promise<Error | undefined> => {
  const error: unknown = await result.then(
    () => assert.fail('The run did not fail.'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof WorkflowFailedError, String(error));
  return error.cause;
};

describe('runProcess', function () {
  this.timeout(60_000);

  it('keeps a timeline of its steps and records the end with the result', async () => {
    const world = createWorld();
    await withWorker(world.options, async (on) => {
      const handle = await startFixture(on, 'scriptedFixture', { steps, skip: ['two'] });
      assert.deepEqual(await handle.result(), { done: 2 });
      const [end] = world.ends;
      assert.deepEqual([end?.status, end?.result, end?.error], ['completed', { done: 2 }, undefined]);
      assert.equal(statesOf({ steps: end?.steps ?? [] }), 'one done, two skipped, three done');
      const [one, two] = end?.steps ?? [];
      assert.deepEqual([one?.detail, two?.detail], ['one is done', 'not wanted']);
      assert.ok(one?.startedAt && one.endedAt && one.startedAt <= one.endedAt);
      assert.deepEqual(await handle.query('progress'), { steps: end?.steps, takes: [] });
    });
    assert.deepEqual(world.log, ['+one', '+three']);
  });

  it('shows the steps to come before they begin, in the query and in the Temporal UI', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const world = createWorld({ two: () => held });
    await withWorker(world.options, async (on) => {
      const handle = await startFixture(on, 'scriptedFixture', { steps });
      const progress = await progressUntil(handle, ({ steps: [, two] }) => two?.state === 'running');
      assert.equal(statesOf(progress), 'one done, two running, three pending');
      const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      assert.match(currentDetails, /\| ✔ \| one \| done \|.*\n\| ▶ \| two \| running \|.*\n\| · \| three \| pending \|/);
      release();
      await handle.result();
    });
  });

  it('tells watchers of each move, with ids that a repeat would share', async () => {
    const world = createWorld();
    await withWorker(world.options, async (on) => (await startFixture(on, 'scriptedFixture', { steps: ['one'] })).result());
    const runId = world.hints[0]?.runId;
    assert.deepEqual(
      world.hints.map(({ id }) => id),
      [1, 2, 3].map((n) => `${runId}-${n}`),
    );
    assert.deepEqual(
      world.hints.map(({ progress }) => progress?.steps[0]?.state),
      ['running', 'done', 'done'],
    );
  });

  it('undoes what was begun last first when a step is refused, and fails as the step did', async () => {
    const refusal = (): never => {
      throw refuse(new TenantExistsError('acme'));
    };
    const world = createWorld({ three: refusal });
    await withWorker(world.options, async (on) => {
      const handle = await startFixture(on, 'scriptedFixture', { steps });
      const cause = await failureOf(handle.result());
      assert.ok(cause instanceof ActivityFailure && cause.cause instanceof ApplicationFailure);
      assert.equal(cause.cause.type, 'tenant-exists');
    });
    assert.deepEqual(world.log, ['+one', '+two', '+three', '-three', '-two', '-one']);
    assert.equal(statesOf({ steps: world.ends[0]?.steps ?? [] }), 'one undone, two undone, three failed');
    assert.deepEqual(world.ends[0]?.error, { code: 'tenant-exists', message: "The name 'acme' is taken.", details: { slug: 'acme' } });
  });

  it('undoes the first step too when it fails: nobody knows how far it came', async () => {
    const world = createWorld({
      one: () => {
        throw refuse(new TenantExistsError('acme'));
      },
    });
    await withWorker(world.options, async (on) => failureOf((await startFixture(on, 'scriptedFixture', { steps })).result()));
    assert.deepEqual(world.log, ['+one', '-one']);
    assert.equal(statesOf({ steps: world.ends[0]?.steps ?? [] }), 'one failed, two skipped, three skipped');
  });

  for (const [index, name] of steps.entries()) {
    it(`leaves nothing behind when it is cancelled in step ${name}`, async () => {
      const world = createWorld({ [name]: untilCancelled });
      await withWorker({ ...world.options, timeTravel: false }, async (on) => {
        const handle = await startFixture(on, 'scriptedFixture', { steps });
        await progressUntil(handle, ({ steps: now }) => now[index]?.state === 'running' && world.log.includes(`+${name}`));
        await handle.cancel();
        assert.ok((await failureOf(handle.result())) instanceof CancelledFailure);
        assert.equal((await handle.describe()).status.name, 'CANCELLED');
      });
      const begun = steps.slice(0, index + 1);
      assert.deepEqual(world.log, [...begun.map((step) => `+${step}`), ...begun.toReversed().map((step) => `-${step}`)]);
      assert.deepEqual([world.ends[0]?.status, world.ends[0]?.error?.code], ['cancelled', 'cancelled']);
      assert.equal(
        statesOf({ steps: world.ends[0]?.steps ?? [] }),
        steps.map((step) => `${step} ${begun.includes(step) ? 'undone' : 'skipped'}`).join(', '),
      );
    });
  }

  it('undoes to the end when it is cancelled while undoing', async () => {
    let undoing = (): void => undefined;
    let release = (): void => undefined;
    const reached = new Promise<void>((resolve) => (undoing = resolve));
    const held = new Promise<void>((resolve) => (release = resolve));
    const world = createWorld({
      two: () => {
        throw refuse(new TenantExistsError('acme'));
      },
      'undo two': async () => {
        undoing();
        await held;
      },
    });
    await withWorker(world.options, async (on) => {
      const handle = await startFixture(on, 'scriptedFixture', { steps });
      await reached;
      await handle.cancel();
      release();
      await failureOf(handle.result());
    });
    assert.deepEqual(world.log, ['+one', '+two', '-two', '-one']);
    assert.equal(world.ends[0]?.error?.code, 'tenant-exists');
  });

  it('tries an undo again until it works, whatever it fails with', async () => {
    let left = 4;
    const world = createWorld({
      two: () => {
        throw refuse(new TenantExistsError('acme'));
      },
      'undo two': () => {
        left -= 1;
        if (left === 3) throw refuse(new TenantExistsError('final, says the activity'));
        if (left > 0) throw new VendorUnavailableError('Stripe', '503', 1);
      },
    });
    await withWorker(world.options, async (on) => failureOf((await startFixture(on, 'scriptedFixture', { steps })).result()));
    assert.deepEqual([world.log, left], [['+one', '+two', '-two', '-one'], 0]);
  });

  it('stops what goes on beside a step that failed, and undoes it only when it has stopped', async () => {
    const world: ReturnType<typeof createWorld> = createWorld({
      left: async () => {
        try {
          return await untilCancelled();
        } finally {
          world.log.push('left stops');
        }
      },
      right: async () => {
        await until(() => world.log.includes('+left'));
        throw refuse(new TenantExistsError('acme'));
      },
    });
    await withWorker({ ...world.options, timeTravel: false }, async (on) => {
      const cause = await failureOf((await startFixture(on, 'parallelFixture')).result());
      assert.ok(cause?.cause instanceof ApplicationFailure && cause.cause.type === 'tenant-exists');
    });
    assert.deepEqual(world.log.slice(-3), ['left stops', '-right', '-left']);
    assert.equal(statesOf({ steps: world.ends[0]?.steps ?? [] }), 'left undone, right failed');
  });

  it('leaves nothing behind when it was cancelled before it began', async () => {
    const world = createWorld();
    const { worker, on } = await createWorker(world.options);
    const handle = await startFixture(on, 'scriptedFixture', { steps });
    await handle.cancel();
    await worker.runUntil(async () => assert.ok((await failureOf(handle.result())) instanceof CancelledFailure));
    assert.deepEqual([world.log.filter((line) => line.startsWith('+')), world.ends[0]?.status], [[], 'cancelled']);
  });

  it('ends, undone, when its own code throws what is no Temporal failure, and tells no internal words', async () => {
    const world = createWorld();
    await withWorker(world.options, async (on) => {
      const cause = await failureOf((await startFixture(on, 'scriptedFixture', { steps, bugBefore: 'two' })).result());
      assert.ok(cause instanceof ApplicationFailure && cause.type === 'internal');
    });
    assert.deepEqual(world.log, ['+one', '-one']);
    assert.deepEqual(world.ends[0]?.error, { code: 'internal', message: 'Something went wrong on our side.' });
  });

  it('writes nothing of a foreign error into the history but its kind', async () => {
    const world = createWorld({
      one: (attempt) => {
        if (attempt < 3) throw Object.assign(new RangeError('ada@example.org is out of range'), { code: 'ERANGE' });
        throw refuse(new TenantExistsError('acme'));
      },
    });
    await withWorker(world.options, async (on) => {
      const handle = await startFixture(on, 'scriptedFixture', { steps: ['one'] });
      await failureOf(handle.result());
      const { events } = await openedHistory(handle);
      const failures = events?.flatMap(({ activityTaskStartedEventAttributes: started }) => started?.lastFailure?.message ?? []);
      assert.deepEqual(failures, ['act failed (RangeError ERANGE).']);
      assert.doesNotMatch(JSON.stringify(events), /ada@/);
    });
    assert.equal(world.log.filter((line) => line === '+one').length, 3);
  });

  it('sleeps for days in no time, on its own clock', async () => {
    const world = createWorld();
    await withWorker(world.options, async (on) => {
      const { slept } = (await (await startFixture(on, 'sleepingFixture', { days: 20 })).result()) as { slept: number };
      assert.equal(Math.round(slept / 86_400_000), 20);
    });
  });
});
