import { randomUUID } from 'node:crypto';
import { readTemporalSettings, openTemporal, type Temporal } from '../../platform/temporal.ts';
import { servers } from './servers.ts';
import { until } from './until.ts';

const keyword = 2;

/** A namespace of the suite's own on the real server: for workers that poll the product's own queues. */
export function useNamespace(): { readonly namespace: string; readonly temporal: Temporal } {
  const own = {} as { namespace: string; temporal: Temporal };
  before(async function () {
    this.timeout(60_000);
    const namespace = `test-${randomUUID()}`;
    const temporal = openTemporal(readTemporalSettings({ TEMPORAL_ADDRESS: servers().temporal.address, TEMPORAL_NAMESPACE: namespace }));
    Object.assign(own, { namespace, temporal });
    const { connection } = temporal.client;
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: { seconds: 86_400 } as never });
    const searchAttributes = { TenantId: keyword, StartedBy: keyword, PlatformRunId: keyword };
    // The server's parts learn of a new namespace one after the other.
    await until(() => settled(connection.operatorService.addSearchAttributes({ namespace, searchAttributes })), 40_000);
    await until(() => settled(connection.workflowService.listWorkflowExecutions({ namespace, query: "PlatformRunId = 'none'" })), 40_000);
  });
  after(() => own.temporal.close());
  return own;
}

const settled = async (asking: Promise<unknown>): Promise<boolean> => {
  const [outcome] = await Promise.allSettled([asking]);
  return outcome.status === 'fulfilled' || String(outcome.reason).includes('already exists');
};
