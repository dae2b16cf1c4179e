import { setTimeout as sleep } from 'node:timers/promises';
import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  isGrpcServiceError,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType, type Payload, type PayloadCodec } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { UnavailableError } from '../domain/errors.ts';
import { dataConverterOf } from './codec/data-converter.ts';

/** Whose run an execution is. In clear on Temporal's side, so ids only. */
export const searchAttributes = {
  tenantId: defineSearchAttributeKey('TenantId', SearchAttributeType.KEYWORD),
  startedBy: defineSearchAttributeKey('StartedBy', SearchAttributeType.KEYWORD),
  runId: defineSearchAttributeKey('PlatformRunId', SearchAttributeType.KEYWORD),
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
  /** The value in a payload that an answer of Temporal's own carries as it is stored. */
  valueOf(payload: Payload): Promise<unknown>;
  close(): Promise<void>;
}

export interface TemporalOptions extends Pick<ConnectionOptions, 'interceptors'> {
  /** Seals what is told to Temporal. Without it payloads go as they are, and sealed ones are not understood. */
  readonly codec?: PayloadCodec;
}

/** A client that connects when it is first used: whoever needs it starts without Temporal, and answers 503 until it is back. */
export function openTemporal(
  { connectionOptions, namespace }: TemporalSettings,
  { interceptors = [], codec }: TemporalOptions = {},
): Temporal {
  const retries = createRetries();
  const connection = Connection.lazy({
    ...(connectionOptions as ConnectionOptions),
    interceptors: [retries.interceptor, ...interceptors],
    // The SDK sets this limit under a name gRPC does not know and so stays at 4 MB: too little to read a long history.
    channelArgs: { 'grpc.max_receive_message_length': 64 * 1024 * 1024 },
  });
  let underWay = 0;
  const client = new Client({ connection, namespace, ...(codec ? { dataConverter: dataConverterOf(codec) } : {}) });
  return {
    client,
    namespace,
    async within(ms, calls) {
      underWay += 1;
      try {
        return await beforeDeadline(ms, () => connection.withDeadline(Date.now() + ms, calls));
      } catch (error) {
        throw isAway(error) ? new UnavailableError('Temporal', 5, error) : error;
      } finally {
        underWay -= 1;
        // The SDK keeps deadlines in an AsyncLocalStorage: once used it taxes every promise of the process until it is switched off.
        if (underWay === 0) connection.callContextStorage.disable();
      }
    },
    async valueOf(payload) {
      const { payloadCodecs, payloadConverter } = client.options.loadedDataConverter;
      let opened = [payload];
      for (const each of payloadCodecs.toReversed()) opened = await each.decode(opened);
      return opened[0] && payloadConverter.fromPayload(opened[0]);
    },
    async close() {
      await retries.ended();
      await connection.close();
    },
  };
}

/**
 * The SDK's retries, which go on after their caller has given up: on a channel closed in the meantime they would throw where nobody
 * catches. So closing waits for those under way, and lets no more begin.
 */
function createRetries() {
  const { delayFunction, retryableDecider } = defaultGrpcRetryOptions({ maxIntervalMs: () => 1_000 });
  let closing = false;
  let lastAt = 0;
  const interceptor = makeGrpcRetryInterceptor({
    retryableDecider: (attempt, status) => !closing && retryableDecider(attempt, status),
    delayFunction(attempt, status) {
      const delayMs = delayFunction(attempt, status);
      lastAt = Math.max(lastAt, Date.now() + delayMs);
      return delayMs;
    },
  });
  return {
    interceptor,
    async ended(): Promise<void> {
      closing = true;
      if (lastAt >= Date.now()) await sleep(lastAt - Date.now() + 50);
    },
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
