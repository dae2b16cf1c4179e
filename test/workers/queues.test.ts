import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import { onQueue } from '../../activities/support/on-queue.ts';
import { taskQueues } from '../../domain/task-queues.ts';
import { dataConverterOf } from '../../platform/codec/data-converter.ts';
import { byQueue } from '../../workers/activities.ts';
import { beside } from '../support/own-queues.ts';
import { testCodec } from '../support/payload-codec.ts';
import { createWorker, type On, temporal } from '../support/temporal.ts';
import { createWorld, runContext } from '../workflows/support/world.ts';

const act = async (): Promise<void> => undefined;

describe('activities', () => {
  it('are on the queue that their factory declares, else on the main one', () => {
    const queues = byQueue([{ feed: act }, onQueue(taskQueues.stripe, { charge: act }), onQueue(taskQueues.sendgrid, { write: act })]);
    const names = Object.entries(queues).map(([queue, activities]) => [queue, Object.keys(activities)]);
    assert.deepEqual(names, [
      ['main', ['feed']],
      ['stripe', ['charge']],
      ['sendgrid', ['write']],
      ['roblox', []],
    ]);
  });

  it('have names of their own, whatever their queues', () => {
    assert.throws(() => byQueue([{ feed: act }, onQueue(taskQueues.stripe, { feed: act })]), /two activities named 'feed'/);
  });
});

interface Asked {
  readonly at: number;
  readonly fairnessKey: string | undefined;
}

/** Runs a workflow that asks a vendor so many times at once, on a queue that allows so many a second. Resolves to when it was asked. */
async function askVendor(times: number, perSecond: number, fairnessKey: string): Promise<Asked[]> {
  const asked: Asked[] = [];
  const ask = async (): Promise<string> => {
    asked.push({ at: performance.now(), fairnessKey: Context.current().info.priority?.fairnessKey });
    return 'an answer';
  };
  const { worker, on } = await createWorker({ ...createWorld().options, timeTravel: false });
  const vendor = await vendorWorker(on, perSecond, ask);
  await worker.runUntil(() =>
    vendor.runUntil(
      on.client.workflow.execute('vendorFixture', {
        workflowId: `fixture:${randomUUID()}`,
        taskQueue: on.taskQueue,
        args: [{ times, run: runContext() }],
        priority: { fairnessKey },
      }),
    ),
  );
  return asked;
}

const vendorWorker = async ({ taskQueue }: On, perSecond: number, ask: () => Promise<string>): Promise<Worker> =>
  Worker.create({
    connection: (await temporal()).connection,
    taskQueue: beside(taskQueue, 'stripe'),
    dataConverter: dataConverterOf(testCodec),
    maxTaskQueueActivitiesPerSecond: perSecond,
    activities: { ask },
  });

describe('the queue of a vendor', function () {
  this.timeout(60_000);

  it('hands out no more than its rate, also of what a workflow asks for at once', async () => {
    const asked = await askVendor(30, 10, 'a school');
    const [first = 0, last = 0] = [asked[0]?.at, asked.at(-1)?.at];
    assert.equal(asked.length, 30);
    // A second's worth may come at once, the others take two; a busy machine is late to begin. Were any dispatched past the queue, they would
    // be done sooner.
    assert.ok(last - first > 1_500, `${last - first} ms`);
  });

  it("is shared fairly by school: an activity has its run's fairness key", async () => {
    const asked = await askVendor(2, 1_000, 'the school of the run');
    assert.deepEqual(
      asked.map(({ fairnessKey }) => fairnessKey),
      ['the school of the run', 'the school of the run'],
    );
  });
});
