import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { searchAttributes } from '../platform/temporal.ts';
import { taskQueues } from '../domain/task-queues.ts';
import type { OwnStack } from '../test/support/own-stack.ts';
import { type Comparison, rateOf } from './support/compare.ts';
import { askMany, requestText } from './support/http-connection.ts';

const starts = 200;
const atOnce = 16;

/** A school of a plan there is none of: its run is refused by its first activity and makes nothing. */
export const refusedSchool = (): object => {
  const slug = `s-${randomUUID().slice(0, 30)}`.replace(/-$/, '');
  return { slug, name: 'Bench', plan: 'none', region: 'eu', adminEmail: `admin@${slug}.example`, adminName: 'Ada' };
};

/** Starts of a process. The worker stands still meanwhile, and would be the same for both. */
export async function compareStarts({ description }: OwnStack, token: string): Promise<Comparison & { close(): Promise<void> }> {
  const connection = await Connection.connect({ address: description.temporal.address });
  const { workflow } = new Client({ connection });
  const start = (): Promise<unknown> => {
    const [runId, tenantId] = [randomUUID(), randomUUID()];
    return workflow.start('onboardSchool', {
      workflowId: runId,
      taskQueue: taskQueues.main,
      args: [{ ...refusedSchool(), run: { runId, tenantId, startedBy: tenantId, requestId: runId } }],
      typedSearchAttributes: Object.values(searchAttributes).map((key) => ({ key, value: runId })),
      staticSummary: 'Onboard a school',
    });
  };
  const bare = async (): Promise<void> => {
    let left = starts;
    const worker = async (): Promise<void> => {
      while (left-- > 0) await start();
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  };
  const post = (): string => requestText('POST', '/v1/processes/onboard-school/runs', token, refusedSchool());
  const { pid } = (description.worker ?? {}) as { pid?: number };
  if (pid === undefined) throw new Error('There is no worker to hold still.');
  process.kill(pid, 'SIGSTOP');
  return {
    name: 'process start',
    what: 'POST /v1/processes/onboard-school/runs, against workflow.start of the bare Temporal client on the same server',
    unit: 'starts/s',
    target: 0.8,
    limitedBy: 'Temporal itself, half of the processor time; then the request of the API beside it (session, limits, sealing, answer)',
    ours: () => rateOf(starts, () => askMany(description.api.url, starts, atOnce, post, 202)),
    bare: () => rateOf(starts, bare),
    close: async () => {
      process.kill(pid, 'SIGCONT');
      await connection.close();
    },
  };
}
