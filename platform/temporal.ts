import { Client, Connection, isGrpcServiceError, type ConnectionOptions } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { UnavailableError } from '../domain/errors.ts';

/** Whose run an execution is. In clear on Temporal's side, so ids only. */
export const searchAttributes = {
  tenantId: defineSearchAttributeKey('TenantId', SearchAttributeType.KEYWORD),
  startedBy: defineSearchAttributeKey('StartedBy', SearchAttributeType.KEYWORD),
  runId: defineSearchAttributeKey('RunId', SearchAttributeType.KEYWORD),
};

export type TemporalSettings = Readonly<ReturnType<typeof readTemporalSettings>>;

/**
 * Where Temporal is: TEMPORAL_* variables, or the profile of a configuration file they name. An embedded server, a cluster with
 * mTLS and Temporal Cloud differ in nothing else. `env` is the environment the configuration was read from.
 */
export function readTemporalSettings(env: Readonly<Record<string, string | undefined>>) {
  const overrideEnvVars = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({ overrideEnvVars });
  return { connectionOptions, namespace };
}

export interface Temporal {
  readonly client: Client;
  readonly namespace: string;
  /** Runs a few calls under one deadline. Throws UnavailableError when Temporal does not answer them in time. */
  within<T>(ms: number, calls: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A client that connects when it is first used: whoever needs it starts without Temporal, and answers 503 until it is back. */
export function openTemporal(
  { connectionOptions, namespace }: TemporalSettings,
  extra: Pick<ConnectionOptions, 'interceptors'> = {},
): Temporal {
  const connection = Connection.lazy({
    ...(connectionOptions as ConnectionOptions),
    ...extra,
    // The SDK sets this limit under a name gRPC does not know and so stays at 4 MB: too little to read a long history.
    channelArgs: { 'grpc.max_receive_message_length': 64 * 1024 * 1024 },
  });
  return {
    client: new Client({ connection, namespace }),
    namespace,
    async within(ms, calls) {
      try {
        return await beforeDeadline(ms, () => connection.withDeadline(Date.now() + ms, calls));
      } catch (error) {
        throw isAway(error) ? new UnavailableError('Temporal', 5, error) : error;
      }
    },
    close: () => connection.close(),
  };
}

class DeadlineError extends Error {}

/** The deadline of gRPC does not cover the first connection attempt, so the clock is ours too. */
async function beforeDeadline<T>(ms: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(`No answer within ${ms} ms.`)), ms + 100).unref();
  });
  try {
    return await Promise.race([work(), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

const cancelled = 1;
const deadlineExceeded = 4;
const resourceExhausted = 8;
const unavailable = 14;
const awayCodes: readonly number[] = [cancelled, deadlineExceeded, resourceExhausted, unavailable];

/** Whether the error says that Temporal did not answer, as opposed to what it answered. */
function isAway(error: unknown): boolean {
  if (error instanceof DeadlineError) return true;
  if (isGrpcServiceError(error)) return awayCodes.includes(error.code);
  return error instanceof Error && error.cause !== undefined && isAway(error.cause);
}
