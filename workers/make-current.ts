import { setTimeout as sleep } from 'node:timers/promises';
import type { NativeConnection } from '@temporalio/worker';

export interface Version {
  readonly namespace: string;
  readonly deploymentName: string;
  readonly buildId: string;
}

const notFound = 5;
const alreadyExists = 6;
const failedPrecondition = 9;
const aborted = 10;
/** Temporal learns of a version from the first polls of its worker, a moment after they begin; two workers may speak at once. */
const passing: ReadonlySet<unknown> = new Set([notFound, alreadyExists, failedPrecondition, aborted]);

/**
 * Gives new work, and old work that may move, to this version: without it a versioned worker polls and gets nothing. Waits until Temporal
 * has heard of it from all its `queues`: an activity on one that has not polled yet would go to nobody. Safe to repeat, and beside
 * another worker of the same version. Throws what Temporal said last when it does not happen within `patienceMs`.
 */
export async function makeCurrent(
  connection: NativeConnection,
  version: Version,
  queues: readonly string[],
  patienceMs = 60_000,
): Promise<void> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    try {
      await requirePolled(connection, version, queues);
      await connection.workflowService.setWorkerDeploymentCurrentVersion({ ...version });
      return;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (!passing.has(code) || Date.now() > giveUpAt) throw error;
      await sleep(100);
    }
  }
}

async function requirePolled(
  { workflowService }: NativeConnection,
  { namespace, ...deploymentVersion }: Version,
  queues: readonly string[],
): Promise<void> {
  const { versionTaskQueues: known } = await workflowService.describeWorkerDeploymentVersion({ namespace, deploymentVersion });
  const missing = queues.filter((queue) => !known.some(({ name }) => name === queue));
  if (missing.length > 0) throw new QueueUnheardOfError(missing);
}

class QueueUnheardOfError extends Error {
  readonly code = notFound;

  constructor(queues: readonly string[]) {
    super(`Temporal has not heard of a poll on ${queues.join(', ')}.`);
    this.name = 'QueueUnheardOfError';
  }
}
