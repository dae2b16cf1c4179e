import { maxHeaderSize } from 'node:http';
import type { Middleware } from 'koa';
import { BadRequestError, HeadersTooLargeError, RepeatedHeaderError } from '../../domain/errors.ts';

export const headerLimit = 100;

/** Headers that say one thing. Those that frame a body (lengths, encodings) are the parser's to refuse. */
const single: ReadonlySet<string> = new Set([
  'authorization',
  'content-type',
  'host',
  'idempotency-key',
  'if-match',
  'last-event-id',
  'origin',
  'x-request-id',
]);

/** Refuses a request that names itself twice, to nobody, or with more headers than anybody needs. Names and values take turns in `raw`. */
export const headers: Middleware = (ctx, next) => {
  const { rawHeaders: raw, httpVersion } = ctx.req;
  if (raw.length > 2 * headerLimit) throw new HeadersTooLargeError(headerLimit, maxHeaderSize);
  const seen = new Set<string>();
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]?.toLowerCase() ?? '';
    if (!single.has(name)) continue;
    if (seen.has(name)) throw new RepeatedHeaderError(name);
    seen.add(name);
  }
  if (httpVersion !== '1.0' && !seen.has('host')) throw new BadRequestError();
  return next();
};
