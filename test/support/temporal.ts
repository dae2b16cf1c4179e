import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import type { VendorQueue } from '../../domain/task-queues.ts';
import { dataConverterOf } from '../../platform/codec/data-converter.ts';
import { openTemporal, readTemporalSettings, type Temporal } from '../../platform/temporal.ts';
import type { ActivitiesByQueue } from '../../workers/activities.ts';
import { bundleOptions } from '../../workers/bundle.ts';
import { createCrew, type Crew } from '../../workers/crew.ts';
import { activityInterceptors } from '../../workers/interceptors.ts';
import { beside } from './own-queues.ts';
import { testCodec } from './payload-codec.ts';
import { servers } from './servers.ts';
import { atEnd } from './teardown.ts';
import { timeTravel } from './time-travel.ts';
import { coverageSinks, instrumented, isMeasured } from './workflow-coverage.ts';

const logger = new DefaultLogger('ERROR');
const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
/** The product's workflows and those that only tests have. */
const options = {
  ...bundleOptions,
  workflowsPath: pathOf('./workflows.ts'),
  workflowInterceptorModules: [...bundleOptions.workflowInterceptorModules, pathOf('./own-queues.ts')],
  logger,
};

export const temporalSettings = () => readTemporalSettings({ TEMPORAL_ADDRESS: servers().temporal.address, TEMPORAL_NAMESPACE: 'default' });

interface Shared {
  readonly connection: NativeConnection;
  readonly bundle: { readonly code: string };
  /** Its workflows skip idle time. */
  readonly travelling: Temporal;
  readonly plain: Temporal;
}
let started: Promise<Shared> | undefined;

async function start(): Promise<Shared> {
  Runtime.install({ logger, shutdownSignals: [] });
  const settings = temporalSettings();
  const [connection, bundle] = await Promise.all([
    NativeConnection.connect(settings.connectionOptions),
    bundleWorkflowCode(isMeasured ? instrumented.augmentBundleOptions(options) : options),
  ]);
  const shared = {
    connection,
    bundle,
    travelling: openTemporal(settings, { codec: testCodec, interceptors: timeTravel }),
    plain: openTemporal(settings, { codec: testCodec }),
  };
  atEnd(async () => {
    await Promise.all([shared.travelling.close(), shared.plain.close()]);
    await connection.close();
  });
  return shared;
}

/** Sinks every worker of the tests has, and so must those that only replay: one that is missing is reported at each call. */
export const baseSinks = { runEvents: { moved: { fn: () => undefined } }, ...(isMeasured ? coverageSinks : {}) };

/** One bundle and one set of connections a run of the tests, made by the first suite that asks. */
export const temporal = (): Promise<Shared> => (started ??= start());

export interface On {
  readonly client: Client;
  readonly taskQueue: string;
  readonly temporal: Temporal;
}
export type TestWorkerOptions = Pick<WorkerOptions, 'activities' | 'sinks' | 'maxCachedWorkflows' | 'namespace' | 'debugMode'> & {
  readonly taskQueue?: string;
  /** Activities that declare a vendor's queue: they are served on such a queue of the worker's own. */
  readonly vendors?: Partial<Pick<ActivitiesByQueue, VendorQueue>>;
  /** Whether the workflows started through `on` skip idle time. They do unless told not to. */
  readonly timeTravel?: boolean;
  /** What the worker seals with; the clients of `on` understand the tests' own only. */
  readonly codec?: PayloadCodec;
};

export interface TestWorker extends Crew {
  /** Runs until the test has ended, and drains. */
  runUntil<T>(test: () => Promise<T>): Promise<T>;
}

/** A worker on queues of its own. The caller runs it (`runUntil`) or shuts it down. */
export async function createWorker({ taskQueue = randomUUID(), ...given }: TestWorkerOptions): Promise<{ worker: TestWorker; on: On }> {
  const { connection, bundle, travelling, plain } = await temporal();
  const { timeTravel: travel = true, codec = testCodec, vendors = {}, ...rest } = given;
  const shared = {
    connection,
    dataConverter: dataConverterOf(codec),
    interceptors: { activity: [activityInterceptors] },
    maxHeartbeatThrottleInterval: '100 milliseconds' as const,
  };
  const main = await Worker.create({
    workflowBundle: bundle,
    ...rest,
    ...shared,
    taskQueue,
    sinks: { ...baseSinks, ...rest.sinks },
    maxCachedWorkflows: rest.maxCachedWorkflows ?? 100,
  });
  const { namespace } = main.options;
  const others = (Object.entries(vendors) as [VendorQueue, ActivitiesByQueue[VendorQueue]][])
    .filter(([, activities]) => Object.keys(activities).length > 0)
    .map(([queue, activities]) => Worker.create({ ...shared, namespace, activities, taskQueue: beside(taskQueue, queue) }));
  const on = travel ? travelling : plain;
  return { worker: runnable(createCrew([main, ...(await Promise.all(others))])), on: { client: on.client, temporal: on, taskQueue } };
}

const runnable = (crew: Crew): TestWorker => ({
  ...crew,
  async runUntil(test) {
    const running = crew.run();
    const died = running.then(() => {
      throw new Error('The worker ended before the test.');
    });
    try {
      return await Promise.race([test(), died]);
    } finally {
      crew.shutdown();
      await running;
    }
  },
});

/** Runs `test` beside a worker of its own, which ends with it. */
export async function withWorker<T>(given: TestWorkerOptions, test: (on: On) => Promise<T>): Promise<T> {
  const { worker, on } = await createWorker(given);
  return await worker.runUntil(() => test(on));
}
