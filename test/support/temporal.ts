import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { WorkflowCoverage } from '@temporalio/nyc-test-coverage';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { dataConverterOf } from '../../platform/codec/data-converter.ts';
import { openTemporal, readTemporalSettings, type Temporal } from '../../platform/temporal.ts';
import { bundleOptions } from '../../workers/bundle.ts';
import { activityInterceptors } from '../../workers/interceptors.ts';
import { testCodec } from './payload-codec.ts';
import { servers } from './servers.ts';
import { atEnd } from './teardown.ts';
import { timeTravel } from './time-travel.ts';

const logger = new DefaultLogger('ERROR');
const measured = '__coverage__' in globalThis;
const coverage = new WorkflowCoverage();
/** The product's workflows and those that only tests have. */
const options = { ...bundleOptions, workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)), logger };

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
    bundleWorkflowCode(measured ? coverage.augmentBundleOptions(options) : options),
  ]);
  const shared = {
    connection,
    bundle,
    travelling: openTemporal(settings, { codec: testCodec, interceptors: timeTravel }),
    plain: openTemporal(settings, { codec: testCodec }),
  };
  atEnd(async () => {
    if (measured) coverage.mergeIntoGlobalCoverage();
    await Promise.all([shared.travelling.close(), shared.plain.close()]);
    await connection.close();
  });
  return shared;
}

/** Sinks every worker of the tests has, and so must those that only replay: one that is missing is reported at each call. */
export const baseSinks = { runEvents: { moved: { fn: () => undefined } }, ...(measured ? coverage.sinks : {}) };

/** One bundle and one set of connections a run of the tests, made by the first suite that asks. */
export const temporal = (): Promise<Shared> => (started ??= start());

export interface On {
  readonly client: Client;
  readonly taskQueue: string;
  readonly temporal: Temporal;
}
export type TestWorkerOptions = Pick<WorkerOptions, 'activities' | 'sinks' | 'maxCachedWorkflows' | 'namespace'> & {
  readonly taskQueue?: string;
  /** Whether the workflows started through `on` skip idle time. They do unless told not to. */
  readonly timeTravel?: boolean;
  /** What the worker seals with; the clients of `on` understand the tests' own only. */
  readonly codec?: PayloadCodec;
};

/** A worker on a queue of its own. The caller runs it (`runUntil`) or shuts it down. */
export async function createWorker({ taskQueue = randomUUID(), ...given }: TestWorkerOptions): Promise<{ worker: Worker; on: On }> {
  const { connection, bundle, travelling, plain } = await temporal();
  const { timeTravel: travel = true, codec = testCodec, ...rest } = given;
  const worker = await Worker.create({
    workflowBundle: bundle,
    ...rest,
    connection,
    taskQueue,
    dataConverter: dataConverterOf(codec),
    sinks: { ...baseSinks, ...rest.sinks },
    interceptors: { activity: [activityInterceptors] },
    maxCachedWorkflows: rest.maxCachedWorkflows ?? 100,
    maxHeartbeatThrottleInterval: '100 milliseconds',
  });
  const on = travel ? travelling : plain;
  return { worker, on: { client: on.client, temporal: on, taskQueue } };
}

/** Runs `test` beside a worker of its own, which ends with it. */
export async function withWorker<T>(given: TestWorkerOptions, test: (on: On) => Promise<T>): Promise<T> {
  const { worker, on } = await createWorker(given);
  return await worker.runUntil(test(on));
}
