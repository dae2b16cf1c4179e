import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Logger } from './logger.ts';

/** Keys that are gone: of these subjects, or of a whole tenant. */
export interface Destruction {
  /** Which one it was since the keyring was made: one more each time. */
  readonly generation: number;
  readonly tenantId: string;
  readonly ids?: readonly string[] | undefined;
}
/** The quick way from the process that destroys keys to all that hold them. It may lose what it is told. */
export interface KeyNews {
  /** Resolves when it has been told, or could not be. */
  tell(destruction: Destruction): Promise<void>;
  /** @param connected called whenever the line is up (again): what was told before is lost */
  listen(heard: (destruction: Destruction) => void, connected: () => void): void;
  close(): void;
  /** For what goes wrong on the way; whoever listens has other means. */
  readonly logger: Pick<Logger, 'warn'>;
}

const channel = 'keys-destroyed';
const Told = z.object({ generation: z.number().int(), tenantId: z.uuid(), ids: z.array(z.uuid()).optional() });
const Message = z
  .string()
  .transform((text, { addIssue }): unknown => {
    try {
      return JSON.parse(text);
    } catch (error) {
      addIssue(String(error));
      return z.NEVER;
    }
  })
  .pipe(Told);

/** Destructions over Redis, heard on a connection of its own. */
export function createKeyNews(deps: {
  readonly redis: Redis;
  /** Must not be used for anything else. */
  readonly subscriber?: Redis;
  readonly logger: Pick<Logger, 'warn'>;
}): KeyNews {
  const { redis, subscriber = redis.duplicate(), logger } = deps;
  const lost = (err: unknown): void => logger.warn({ part: 'redis', err }, 'destroyed keys are told late');
  subscriber.on('error', lost);

  return {
    logger,
    async tell(destruction) {
      await redis.publish(channel, JSON.stringify(destruction)).catch(lost);
    },
    listen(heard, connected) {
      subscriber.on('message', (_, text: string) => {
        const read = Message.safeParse(text);
        if (read.success) heard(read.data);
        else lost(read.error);
      });
      const subscribe = (): void => void subscriber.subscribe(channel).then(connected, lost);
      subscriber.on('ready', subscribe);
      if (subscriber.status === 'ready') subscribe();
    },
    close: () => subscriber.disconnect(),
  };
}
