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
 * Gives new work, and old work that may move, to this version: without it a versioned worker polls and gets nothing. Safe to
 * repeat, and beside another worker of the same version. Throws what Temporal said last when it does not happen within `patienceMs`.
 */
export async function makeCurrent(
  connection: NativeConnection,
  { namespace, deploymentName, buildId }: Version,
  patienceMs = 60_000,
): Promise<void> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    try {
      await connection.workflowService.setWorkerDeploymentCurrentVersion({ namespace, deploymentName, buildId });
      return;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (!passing.has(code) || Date.now() > giveUpAt) throw error;
      await sleep(100);
    }
  }
}
