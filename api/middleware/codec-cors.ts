import type { Middleware } from 'koa';

const allowed = {
  'Access-Control-Allow-Methods': 'POST, OPTIONS',
  'Access-Control-Allow-Headers': 'Authorization, Authorization-Extras, Content-Type, X-Namespace',
  'Access-Control-Max-Age': '600',
};

/**
 * Lets the pages of the Temporal UI, and no others, ask the codec from a browser. They bring a token as everybody does: no cookie is taken,
 * so there is nothing that another page could borrow. @param uiUrl where the UI is; without one no page may
 */
export function codecCors(uiUrl: string | undefined): Middleware {
  const origin = uiUrl === undefined ? undefined : new URL(uiUrl).origin;
  return async (ctx, next) => {
    if (!ctx.path.startsWith('/codec/')) return await next();
    ctx.vary('Origin');
    const known = origin !== undefined && ctx.get('Origin') === origin;
    if (known) ctx.set('Access-Control-Allow-Origin', origin);
    if (!known || ctx.method !== 'OPTIONS') return await next();
    ctx.set(allowed);
    ctx.status = 204;
  };
}
