import type { IncomingMessage } from 'node:http';
import { BodyTooSlowError, MalformedBodyError, PayloadTooLargeError, UnsupportedMediaTypeError } from '../../domain/errors.ts';
import type { Context, Route } from '../support/route.ts';
import { refuseCardData } from './card-data.ts';
import { isStorable } from '../support/text.ts';

export const bodyLimitBytes = 1024 * 1024;
/** For a body that is read into memory: a megabyte over a slow line. */
const defaultWithinMs = 15_000;
const maxDepth = 32;
/** Keys that could reach an object's prototype in code that merges objects. No schema of ours has them. */
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

/** The body as the route declares it: parsed JSON, a form's fields, or undefined. Refuses other media types, sizes, shapes and slowness. */
export async function readBody(route: Route, ctx: Context, withinMs = defaultWithinMs): Promise<unknown> {
  if (route.raw) demandType(ctx, route.raw);
  if (!route.body && !route.form) return undefined;
  if (hasNoBody(ctx)) return undefined;
  demandType(ctx, [route.form ? 'application/x-www-form-urlencoded' : 'application/json']);
  const text = decode(await readLimited(ctx, withinMs));
  return route.form ? parseForm(text) : parseJson(text);
}

/** The bytes of a body, for a route that declares `raw` and has to see them as they came. */
export const readRaw = (ctx: Context, withinMs = defaultWithinMs): Promise<Buffer> => readLimited(ctx, withinMs);

/** Asks for the body of a client that waits to be asked (`Expect: 100-continue`). */
export function invite(ctx: Context): void {
  if (/^100-continue$/i.test(ctx.get('expect'))) ctx.res.writeContinue();
}

const hasNoBody = (ctx: Context): boolean => ctx.get('transfer-encoding') === '' && Number(ctx.get('content-length') || 0) === 0;

function demandType(ctx: Context, expected: readonly string[]): void {
  const encoding = ctx.get('content-encoding');
  if (encoding && encoding !== 'identity') throw new UnsupportedMediaTypeError('an uncompressed body');
  if (!ctx.is([...expected])) throw new UnsupportedMediaTypeError(expected.join(' or '));
}

async function readLimited(ctx: Context, withinMs: number): Promise<Buffer> {
  const refuse = (error: Error): Error => {
    ctx.set('Connection', 'close'); // the rest of the body is not read, so the connection cannot carry another request
    return error;
  };
  const tooLarge = (): Error => refuse(new PayloadTooLargeError(bodyLimitBytes));
  const tooSlow = (): Error => refuse(new BodyTooSlowError(withinMs / 1_000));
  if (Number(ctx.get('content-length') || 0) > bodyLimitBytes) throw tooLarge();
  invite(ctx);
  const chunks: Buffer[] = [];
  let size = 0;
  const take = (chunk: Buffer): boolean => {
    size += chunk.length;
    if (size <= bodyLimitBytes) chunks.push(chunk);
    return size <= bodyLimitBytes;
  };
  if (!(await eachChunk(ctx.req, take, withinMs))) throw tooSlow();
  if (size > bodyLimitBytes) throw tooLarge();
  return Buffer.concat(chunks);
}

/**
 * Ends when the body ends or `take` says false; resolves to false when time is up first. Iterating the request instead would
 * destroy its socket on leaving, and with it the answer.
 */
function eachChunk(req: IncomingMessage, take: (chunk: Buffer) => boolean, withinMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const stop = (settle: () => void) => () => {
      req.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
      clearTimeout(timer);
      settle();
    };
    const onEnd = stop(() => resolve(true));
    const onCut = stop(() => reject(new MalformedBodyError('The body was cut off.')));
    const onData = (chunk: Buffer): void => {
      if (take(chunk)) return;
      req.pause();
      onEnd();
    };
    const timer = setTimeout(() => {
      req.pause();
      stop(() => resolve(false))();
    }, withinMs);
    req.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
  });
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new MalformedBodyError('The body is not UTF-8.');
  }
}

function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MalformedBodyError('The body is not JSON.');
  }
  // A number of more than 16 digits is no longer itself when it is parsed.
  refuseCardData(text);
  refuseHostileShape(value);
  return value;
}

/** Walks without recursion: depth is the attacker's to choose until it is checked. */
function refuseHostileShape(value: unknown): void {
  const open: { node: unknown; depth: number }[] = [{ node: value, depth: 1 }];
  for (let next = open.pop(); next; next = open.pop()) {
    if (typeof next.node === 'string') demandText(next.node);
    if (typeof next.node !== 'object' || next.node === null) continue;
    if (next.depth > maxDepth) throw new MalformedBodyError(`The body is nested deeper than ${maxDepth} levels.`);
    for (const [key, node] of Object.entries(next.node)) {
      if (forbiddenKeys.has(key)) throw new MalformedBodyError('The body has a key that is not allowed.');
      demandText(key);
      open.push({ node, depth: next.depth + 1 });
    }
  }
}

function demandText(text: string): void {
  if (!isStorable(text)) throw new MalformedBodyError('The body has text with NUL or half a character in it.');
}

function parseForm(text: string): unknown {
  const fields = [...new URLSearchParams(text)];
  if (fields.some(([key]) => forbiddenKeys.has(key))) throw new MalformedBodyError('The body has a key that is not allowed.');
  for (const text of fields.flat()) demandText(text);
  return Object.fromEntries(fields);
}
