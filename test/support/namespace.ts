import { randomUUID } from 'node:crypto';
import type { Interceptor } from '@grpc/grpc-js';
import type { PayloadCodec } from '@temporalio/common';
import { readTemporalSettings, openTemporal, type Temporal } from '../../platform/temporal.ts';
import { servers } from './servers.ts';
import { until } from './until.ts';

const keyword = 2;

export interface Namespace {
  readonly namespace: string;
  readonly temporal: Temporal;
}

/** A new namespace on the real server. Whoever makes it closes its connection. Without a codec its client sends payloads in clear. */
export async function makeNamespace(interceptors: Interceptor[] = [], codec?: PayloadCodec): Promise<Namespace> {
  const namespace = `test-${randomUUID()}`;
  const settings = readTemporalSettings({ TEMPORAL_ADDRESS: servers().temporal.address, TEMPORAL_NAMESPACE: namespace });
  const temporal = openTemporal(settings, { interceptors, ...(codec ? { codec } : {}) });
  const { connection } = temporal.client;
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: { seconds: 86_400 } as never });
  const searchAttributes = { TenantId: keyword, StartedBy: keyword, PlatformRunId: keyword };
  // The server's parts learn of a new namespace one after the other.
  await until(() => settled(connection.operatorService.addSearchAttributes({ namespace, searchAttributes })), 40_000);
  await until(() => settled(connection.workflowService.listWorkflowExecutions({ namespace, query: "PlatformRunId = 'none'" })), 40_000);
  return { namespace, temporal };
}

/** A namespace of the suite's own: for workers that poll the product's own queues. */
export function useNamespace(codec?: PayloadCodec): Namespace {
  const own = {} as Namespace;
  before(async function () {
    this.timeout(60_000);
    Object.assign(own, await makeNamespace([], codec));
  });
  after(() => own.temporal.close());
  return own;
}

const settled = async (asking: Promise<unknown>): Promise<boolean> => {
  const [outcome] = await Promise.allSettled([asking]);
  return outcome.status === 'fulfilled' || String(outcome.reason).includes('already exists');
};
