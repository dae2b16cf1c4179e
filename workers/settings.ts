import { makeTelemetryFilterString, Runtime, type LogLevel, type WorkerOptions } from '@temporalio/worker';
import { lettersAPage } from '../activities/support/invitation-letters.ts';
import { requestsAPage } from '../activities/support/roblox-stores.ts';
import { type TaskQueue, taskQueues, type VendorQueue } from '../domain/task-queues.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logger.ts';
import { sdkLogger } from './sdk-logger.ts';

const levels: Readonly<Record<Config['logLevel'], LogLevel>> = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  fatal: 'ERROR',
  silent: 'ERROR',
};

/** Once a process, before anything of Temporal's: its logs become ours, its metrics are served under the names its documents use. */
export function installRuntime({ logLevel, api, metricsPort }: Pick<Config, 'logLevel' | 'api' | 'metricsPort'>, log: Logger): void {
  Runtime.install({
    logger: sdkLogger(log, levels[logLevel]),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
      metrics: {
        prometheus: {
          bindAddress: `${api.host}:${metricsPort}`,
          countersTotalSuffix: true,
          unitSuffix: true,
          useSecondsForDurations: true,
        },
      },
    },
  });
}

/** How many activities of a queue a worker runs at a time. */
const slots: Readonly<Record<TaskQueue, number>> = { main: 16, stripe: 6, sendgrid: 6, roblox: 2 };
/** The database pool of a worker: an activity that waits for a connection only holds a slot. */
export const databaseConnections = Object.values(slots).reduce((sum, count) => sum + count);

/** Requests that an activity makes as a rule: a queue counts activities, a vendor requests. */
const requestsAnActivity: Readonly<Record<VendorQueue, number>> = {
  // Those of collect-payment, of which there are most, made 4.8 on an average when it was measured (`npm run exercise:dunning`): 5 by charge.
  stripe: 5,
  sendgrid: lettersAPage,
  // Data stores; what is stricter (a place may be published 30 times a minute) makes one.
  roblox: requestsAPage,
};

type Version = { readonly deploymentName: string; readonly buildId: string };
type Settings = Pick<Config, 'workerShutdownGraceSeconds' | 'vendorRates'>;

const common = ({ workerShutdownGraceSeconds }: Settings, version: Version, queue: TaskQueue) =>
  ({
    taskQueue: taskQueues[queue],
    // A run moves on to the newest version; what must not says so itself.
    workerDeploymentOptions: { useWorkerVersioning: true, version, defaultVersioningBehavior: 'AUTO_UPGRADE' },
    shutdownGraceTime: `${workerShutdownGraceSeconds} seconds`,
    maxConcurrentActivityTaskExecutions: slots[queue],
    activityTaskPollerBehavior: { type: 'autoscaling' },
    // Cancellation reaches an activity, and its words reach people, by heartbeats: the default lets 80 % of their timeout pass.
    maxHeartbeatThrottleInterval: '1 second',
    defaultHeartbeatThrottleInterval: '1 second',
  }) as const satisfies Partial<WorkerOptions>;

/** How the worker of the main queue runs: the only one with workflows. */
export const mainSettings = (settings: Settings, version: Version) =>
  ({
    ...common(settings, version, 'main'),
    maxCachedWorkflows: 500,
    maxConcurrentWorkflowTaskExecutions: 100,
    workflowTaskPollerBehavior: { type: 'autoscaling' },
  }) as const satisfies Partial<WorkerOptions>;

/** How the worker of a vendor's queue runs: activities only, for each Worker of the SDK has a cache of workflows and a thread of its own. */
export const vendorSettings = (settings: Settings, version: Version, queue: VendorQueue) =>
  ({
    ...common(settings, version, queue),
    // Kept by Temporal, over all workers of the queue.
    maxTaskQueueActivitiesPerSecond: settings.vendorRates[queue] / requestsAnActivity[queue],
  }) as const satisfies Partial<WorkerOptions>;
