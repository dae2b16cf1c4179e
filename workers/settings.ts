import { makeTelemetryFilterString, Runtime, type LogLevel, type WorkerOptions } from '@temporalio/worker';
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

type Tuned = Pick<
  WorkerOptions,
  | 'workerDeploymentOptions'
  | 'shutdownGraceTime'
  | 'maxCachedWorkflows'
  | 'maxConcurrentActivityTaskExecutions'
  | 'maxConcurrentWorkflowTaskExecutions'
  | 'workflowTaskPollerBehavior'
  | 'activityTaskPollerBehavior'
  | 'maxHeartbeatThrottleInterval'
  | 'defaultHeartbeatThrottleInterval'
>;

/** How a worker of the product runs. Figures for a process of 2 GB. */
export const workerSettings = (
  { workerShutdownGraceSeconds }: Pick<Config, 'workerShutdownGraceSeconds'>,
  version: { readonly deploymentName: string; readonly buildId: string },
): Tuned => ({
  // A run moves on to the newest version; what must not says so itself.
  workerDeploymentOptions: { useWorkerVersioning: true, version, defaultVersioningBehavior: 'AUTO_UPGRADE' },
  shutdownGraceTime: `${workerShutdownGraceSeconds} seconds`,
  maxCachedWorkflows: 500,
  maxConcurrentWorkflowTaskExecutions: 100,
  // No more than the database pool of the worker: an activity that waits for a connection only holds a slot.
  maxConcurrentActivityTaskExecutions: 30,
  workflowTaskPollerBehavior: { type: 'autoscaling' },
  activityTaskPollerBehavior: { type: 'autoscaling' },
  // Cancellation reaches an activity, and its words reach people, by heartbeats: the default lets 80 % of their timeout pass.
  maxHeartbeatThrottleInterval: '1 second',
  defaultHeartbeatThrottleInterval: '1 second',
});
