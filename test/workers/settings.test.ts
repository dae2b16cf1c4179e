import assert from 'node:assert/strict';
import { DefaultLogger, Runtime, type WorkerOptions } from '@temporalio/worker';
import { compileWorkerOptions, toNativeWorkerOptions } from '@temporalio/worker/lib/worker-options.js';
import { vendorQueues } from '../../domain/task-queues.ts';
import { databaseConnections, mainSettings, vendorSettings } from '../../workers/settings.ts';
import { temporal } from '../support/temporal.ts';

const config = { workerShutdownGraceSeconds: 30, vendorRates: { stripe: 25, sendgrid: 10_000, roblox: 5 } };
const version = { deploymentName: 'toolbox', buildId: 'a build' };
const workflowBundle = { code: '' };
const activities = { act: async (): Promise<void> => undefined };

/** What the SDK's core is told in the end: some options of the same purpose are read by nobody. */
const compiled = (options: WorkerOptions) =>
  toNativeWorkerOptions({
    ...compileWorkerOptions(options, new DefaultLogger('ERROR'), Runtime.instance().metricMeter),
    buildId: undefined,
  } as unknown as Parameters<typeof toNativeWorkerOptions>[0]);
const slotsOf = ({ tuner }: ReturnType<typeof compiled>): unknown => tuner.activityTaskSlotSupplier;

describe('workers/settings', function () {
  this.timeout(60_000);
  // Installs the runtime that this process has.
  before(() => temporal().then(() => undefined));
  const main = () => compiled({ ...mainSettings(config, version), activities, workflowBundle });
  const vendor = (queue: (typeof vendorQueues)[number]) => compiled({ ...vendorSettings(config, version, queue), activities });

  it('have pollers that scale by themselves, within bounds', () => {
    const scaling = { type: 'autoscaling', minimum: 1, initial: 5, maximum: 100 };
    assert.deepEqual([main().workflowTaskPollerBehavior, main().activityTaskPollerBehavior], [scaling, scaling]);
    for (const queue of vendorQueues) assert.deepEqual(vendor(queue).activityTaskPollerBehavior, scaling);
  });

  it('bound what is kept and what runs at a time, whatever heap Node was given', () => {
    const { maxCachedWorkflows, tuner, shutdownGraceTime } = main();
    assert.deepEqual([maxCachedWorkflows, shutdownGraceTime], [500, 30_000]);
    assert.deepEqual(tuner.workflowTaskSlotSupplier, { type: 'fixed-size', numSlots: 100 });
    assert.deepEqual(slotsOf(main()), { type: 'fixed-size', numSlots: 16 });
    const all = [main(), ...vendorQueues.map(vendor)].map((options) => (slotsOf(options) as { numSlots: number }).numSlots);
    assert.equal(
      all.reduce((sum, count) => sum + count),
      databaseConnections,
    );
  });

  it("serve workflows on the main queue alone, and a vendor's activities at its rate", () => {
    assert.deepEqual([main().taskQueue, main().taskTypes.enableWorkflows, main().maxTaskQueueActivitiesPerSecond], ['main', true, null]);
    const rates = vendorQueues.map(vendor).map((options) => [options.taskQueue, options.maxTaskQueueActivitiesPerSecond]);
    // Of Stripe's 25 requests an activity makes five, of SendGrid's 10,000 a hundred.
    assert.deepEqual(rates, [
      ['stripe', 5],
      ['sendgrid', 100],
      ['roblox', 0.5],
    ]);
    for (const queue of vendorQueues) assert.equal(vendor(queue).taskTypes.enableWorkflows, false);
  });

  it('are of one version on all queues, so that work moves to a new one as a whole', () => {
    for (const { workerDeploymentOptions } of [main(), ...vendorQueues.map(vendor)])
      assert.deepEqual(workerDeploymentOptions, {
        useWorkerVersioning: true,
        version,
        defaultVersioningBehavior: { type: 'auto-upgrade' },
      });
  });
});
