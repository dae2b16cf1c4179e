import type { Middleware } from 'koa';

/** The API serves data, never pages: nothing in an answer may run, be framed, be guessed at or be kept by a cache. */
const headers = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

export const securityHeaders: Middleware = (ctx, next) => {
  ctx.set(headers);
  return next();
};
