import type { Middleware } from 'koa';
import type { Logger } from '../../platform/logger.ts';
import type { HttpMetrics } from '../support/metrics.ts';
import type { AppState } from '../support/route.ts';

/** One line and one measurement a request: the declared route, never the path, whose parts are the client's to choose. */
export const accessLog =
  (log: Logger, { observe }: Pick<HttpMetrics, 'observe'>): Middleware<AppState> =>
  async (ctx, next) => {
    const start = performance.now();
    await next();
    const finish = (): void => {
      const { requestId, route = 'unmatched', caller } = ctx.state;
      const durationMs = Math.round((performance.now() - start) * 10) / 10;
      const { method, status } = ctx;
      const who = caller ? { tenantId: caller.tenantId, accountId: caller.accountId } : {};
      log.info({ requestId, method, route, status, durationMs, ...who }, 'request');
      observe(method, route, status, durationMs / 1000);
    };
    ctx.res.once('close', finish);
  };
