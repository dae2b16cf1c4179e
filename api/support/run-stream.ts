import { createSession, type Session } from 'better-sse';
import { AppError } from '../../domain/errors.ts';
import type { RunHintFeed } from '../../platform/run-hints.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Context } from './route.ts';

/** Hints may be lost, and a heartbeat's words come with none. */
const pollMs = 2_000;
const finalId = /-final$/;

export interface StreamOptions<View> {
  readonly runId: string;
  readonly first: View;
  /** Throws when the caller may look no more. */
  readonly read: () => Promise<View>;
  readonly isFinal: (view: View) => boolean;
  /** When the caller's right to look ends. */
  readonly until: Date;
  /** By which it ends; default: this host's. */
  readonly clock?: () => Date;
  readonly hints: RunHintFeed;
  readonly log: Pick<Logger, 'warn'>;
}

/** Whether the client has had the last event already: told 204, a browser stops asking. */
export const hasHeardTheEnd = (ctx: Context): boolean => finalId.test(ctx.get('last-event-id'));

/**
 * Server-sent events of one run: the whole of it at once, and again whenever it has changed; closes after its end, when the client goes,
 * when `until` has come, or when `read` throws. Nothing is replayed after a pause: each event holds everything.
 */
export async function streamRun<View>(
  ctx: Context,
  { runId, first, read, isFinal, until, clock = () => new Date(), hints, log }: StreamOptions<View>,
): Promise<void> {
  ctx.status = 200;
  ctx.respond = false;
  const session = await createSession(ctx.req, ctx.res, { keepAlive: 10_000, retry: pollMs });
  const bell = createBell();
  const leftMs = (): number => until.getTime() - clock().getTime();
  const stopWatching = hints.watch(runId, bell.ring);
  session.on('disconnected', bell.ring);
  const push = createPush(session, Number.parseInt(ctx.get('last-event-id'), 10) || 0);
  try {
    for (let view = first; ; view = await read()) {
      push(view, isFinal(view));
      if (isFinal(view)) break;
      await bell.rung(Math.min(pollMs, leftMs()));
      if (!session.isConnected || leftMs() <= 0) break;
    }
  } catch (err) {
    // The answer has begun, so there is no status to change: the client finds the stream ended, comes back, and is told why.
    if (!isRefusal(err)) log.warn({ runId, err }, 'run stream cut off');
  } finally {
    stopWatching();
    ctx.res.end();
  }
}

/** Whoever watched may do so no more: an end like any other. */
const isRefusal = (error: unknown): boolean => error instanceof AppError && (error.status === 401 || error.status === 403);

/** Sends what differs from what was sent last. */
function createPush(session: Session, count: number): (view: unknown, final: boolean) => void {
  let sent = '';
  let events = count;
  return (view, final) => {
    const text = JSON.stringify(view);
    if (text === sent && !final) return;
    sent = text;
    events += 1;
    session.push(view, 'run', final ? `${events}-final` : `${events}`);
  };
}

/** Waits to be rung, however often it was rung since the last wait. */
function createBell(): { ring: () => void; rung: (ms: number) => Promise<void> } {
  let heard = false;
  let wake: () => void = () => undefined;
  return {
    ring: () => {
      heard = true;
      wake();
    },
    async rung(ms) {
      if (!heard) {
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
          timer = setTimeout(resolve, Math.max(ms, 0));
        });
        clearTimeout(timer);
      }
      heard = false;
    },
  };
}
