import type { Redis } from 'ioredis';
import { type RunHint, runHintChannel } from '../domain/run.ts';
import { channelOf } from '../domain/tenant.ts';
import type { Logger } from './logger.ts';
import type { Push, PushEvent } from './push.ts';

/** Tells watchers that a run has moved. Never throws and never waits: a lost hint costs a watcher two seconds. */
export interface RunNotifier {
  moved(hint: RunHint): void;
  /** Resolves when what was told so far has been sent or given up. */
  drained(): Promise<void>;
}
export interface RunNotifierDeps {
  readonly redis: Pick<Redis, 'publish'>;
  /** Pusher, where it is configured: the tenant's private channel. */
  readonly push?: Pick<Push, 'trigger'>;
  readonly logger: Pick<Logger, 'warn'>;
}

export const runMovedEvent = 'run.moved';
const mostRunsWaiting = 1_000;
const patienceMs = 2_000;
/** Pusher takes 10 kB an event. */
const mostPushedBytes = 9_000;

/**
 * At most one hint a run on its way, and the newest waiting: a storm of heartbeats becomes as many hints as the network takes.
 * Each hint carries its id; receivers drop repeats.
 */
export function createRunNotifier({ redis, push, logger }: RunNotifierDeps): RunNotifier {
  const waiting = new Map<string, RunHint>();
  const sending = new Map<string, Promise<void>>();

  const send = async (hint: RunHint): Promise<void> => {
    const told = [
      redis.publish(runHintChannel(hint.runId), JSON.stringify(hint)),
      push?.trigger(channelOf(hint.tenantId), runMovedEvent, pushed(hint)),
    ];
    for (const outcome of await Promise.allSettled(told.map((telling) => within(patienceMs, telling)))) {
      if (outcome.status === 'rejected') logger.warn({ runId: hint.runId, tenantId: hint.tenantId, err: outcome.reason }, 'run hint lost');
    }
  };
  const drain = async (runId: string): Promise<void> => {
    for (let hint = waiting.get(runId); hint; hint = waiting.get(runId)) {
      waiting.delete(runId);
      await send(hint);
    }
    sending.delete(runId);
  };

  return {
    moved(hint) {
      if (waiting.size >= mostRunsWaiting && !waiting.has(hint.runId)) return;
      waiting.set(hint.runId, hint);
      if (!sending.has(hint.runId)) sending.set(hint.runId, drain(hint.runId));
    },
    async drained() {
      await Promise.all(sending.values());
    },
  };
}

/** The event as browsers get it: no tenant (the channel says it), and no steps when they would not fit. */
function pushed({ id, runId, at, progress }: RunHint): PushEvent {
  const whole = { id, runId, at, ...(progress ? { progress } : {}) };
  return Buffer.byteLength(JSON.stringify(whole)) <= mostPushedBytes ? whole : { id, runId, at };
}

async function within(ms: number, work: Promise<unknown> | undefined): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${ms} ms.`)), ms).unref();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Listens for hints. */
export interface RunHintFeed {
  /** Calls `listener` on each hint of the run until the returned function is called. Without Redis it is silent: watchers also poll. */
  watch(runId: string, listener: () => void): () => void;
}

/** One subscribed connection a process, shared by all watchers. `redis` must not be used for anything else. */
export function createRunHintFeed({ redis, logger }: { redis: Redis; logger: Pick<Logger, 'warn'> }): RunHintFeed {
  const watchers = new Map<string, Set<() => void>>();
  const lost = (err: unknown): void => logger.warn({ err }, 'run hints cannot be heard');
  redis.on('message', (channel: string) => {
    for (const tell of watchers.get(channel) ?? []) tell();
  });

  return {
    watch(runId, listener) {
      const channel = runHintChannel(runId);
      const listeners = watchers.get(channel) ?? new Set();
      if (listeners.size === 0) redis.subscribe(channel).catch(lost);
      watchers.set(channel, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0 || watchers.get(channel) !== listeners) return;
        watchers.delete(channel);
        redis.unsubscribe(channel).catch(lost);
      };
    },
  };
}
