import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { PayloadCodec } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { createCrew, type CrewMember } from '../../workers/crew.ts';
import { createWorker, temporal, type TestWorker } from '../support/temporal.ts';
import { testCodec } from '../support/payload-codec.ts';
import { until } from '../support/until.ts';
import { createWorld, startFixture } from '../workflows/support/world.ts';

describe('workers of several queues', function () {
  this.timeout(60_000);

  it('stop together when told: each finishes what it does, and the last ends the process', async () => {
    const begun: string[] = [];
    const { promise: held, resolve: release } = withResolvers();
    const hold = async (name: string): Promise<string> => {
      begun.push(name);
      await held;
      return 'done';
    };
    const world = createWorld({ ours: () => hold('ours') });
    const { worker, on } = await createWorker({ ...world.options, vendors: { stripe: { ask: () => hold('theirs') } }, timeTravel: false });
    let ended = false;
    const running = worker.run().then(() => (ended = true));
    const runs = [await startFixture(on, 'scriptedFixture', { steps: ['ours'] }), await startFixture(on, 'vendorFixture', { times: 1 })];
    await until(() => begun.length === 2, 20_000);
    assert.equal(worker.isRunning(), true);
    worker.shutdown();
    worker.shutdown();
    assert.deepEqual([worker.isRunning(), ended], [false, false]);
    release();
    await running;
    const completed = await Promise.all(
      runs.map(async (run) => (await run.fetchHistory()).events?.some(({ activityTaskCompletedEventAttributes: found }) => found)),
    );
    assert.deepEqual(completed, [true, true]);
    await Promise.all(runs.map((run) => run.terminate()));
  });

  it('go down with the first that does', async () => {
    const { connection } = await temporal();
    const well = await Worker.create({ connection, taskQueue: randomUUID(), activities: { idle: async () => undefined } });
    // The SDK ends a worker that cannot seal a failure; the product's waits instead (platform/codec/patient-codec.ts).
    let keys = true;
    const encode: PayloadCodec['encode'] = async (payloads, context) => {
      if (!keys) throw new Error('There is no key.');
      return testCodec.encode(payloads, context);
    };
    const fail = (): never => {
      keys = false;
      throw new Error('no luck');
    };
    const { worker: lost, on } = await createWorker({
      ...createWorld({ one: fail }).options,
      codec: { ...testCodec, encode },
      timeTravel: false,
      // Workflows on this thread: the SDK leaves the thread of a worker that failed running, and so this process.
      debugMode: true,
    });
    const running = createCrew([well, memberOf(lost)]).run();
    const run = await startFixture(on, 'scriptedFixture', { steps: ['one'] });
    await assert.rejects(running);
    assert.equal(well.getState(), 'STOPPED');
    await run.terminate();
  });
});

const memberOf = ({ run, shutdown, isRunning }: TestWorker): CrewMember => ({
  run,
  shutdown,
  getState: () => (isRunning() ? 'RUNNING' : 'STOPPED'),
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
