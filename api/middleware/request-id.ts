import type { Middleware } from 'koa';
import { isId, newId } from '../../platform/ids.ts';
import type { AppState } from '../support/route.ts';

/** The caller's own X-Request-Id when it is a UUID, else a new one; echoed, so that both sides can name the request. */
export const requestId: Middleware<AppState> = (ctx, next) => {
  const sent = ctx.get('x-request-id').toLowerCase();
  ctx.state.requestId = isId(sent) ? sent : newId();
  ctx.set('X-Request-Id', ctx.state.requestId);
  return next();
};
