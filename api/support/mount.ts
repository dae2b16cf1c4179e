import { Router } from '@koa/router';
import type { Knex } from 'knex';
import { ValidationError, type Issue } from '../../domain/errors.ts';
import type { BreakGlass } from '../../platform/identity/break-glass.ts';
import { createReading, type Reading } from '../../platform/reading.ts';
import type { Can } from '../../policies/index.ts';
import { type Authenticate, authenticate } from '../middleware/authenticate.ts';
import { demandPaid } from '../middleware/access-level.ts';
import { honourConsent } from '../middleware/consent.ts';
import { lookByBreakGlass } from '../middleware/break-glass.ts';
import { refuseCardData } from '../middleware/card-data.ts';
import { type Limits, limit } from '../middleware/rate-limit.ts';
import { readBody } from '../middleware/body.ts';
import { allow, parseInto, parseParams, parseQuery } from '../middleware/guards.ts';
import type { Work } from '../../platform/transaction.ts';
import type { Caller } from './caller.ts';
import { versionOf } from './etag.ts';
import { handled, type AppState, type Context, type Route } from './route.ts';

export interface Guards {
  readonly verify: Authenticate;
  readonly can: Can;
  readonly limits: Limits;
  /** Writes down what is looked at by break-glass. */
  readonly use: BreakGlass['use'];
  /** The main cluster, where sessions are. */
  readonly main: Knex;
  /** How long a body that is read into memory may take to come. */
  readonly bodyWithinMs?: number | undefined;
}

/** A router that serves the declared routes, each behind its own declaration: token, permission, precondition, input. */
export function mount(routes: readonly Route[], guards: Guards): Router<AppState> {
  const router = new Router<AppState>();
  for (const route of routes)
    router[route.method](route.path.replaceAll(/\{(\w+)\}/g, ':$1'), (ctx) => serve(route, guards, ctx as unknown as Context));
  return router;
}

async function serve(route: Route, guards: Guards, ctx: Context): Promise<void> {
  ctx.state.route = route.path;
  const reading = createReading(guards.main);
  try {
    await serveReading(route, guards, ctx, reading);
  } finally {
    reading.end();
  }
}

async function serveReading(route: Route, guards: Guards, ctx: Context, reading: Reading): Promise<void> {
  const caller = await admit(route, guards, ctx, reading);
  if (route.method !== 'get') reading.end(); // a body may take its time to come: nobody holds a connection meanwhile
  const version = route.ifMatch ? versionOf(ctx) : 0;
  const input = await readInput(route, ctx, guards.bodyWithinMs);
  const can = (object: string, action: string): boolean => caller !== undefined && guards.can(caller, object, action);
  const read = caller && (<T>(work: Work<T>): Promise<T> => reading.read(caller.tenantId, work));
  const call = { ...input, caller, can, read, version, requestId: ctx.state.requestId, ctx };
  const answering = route.handler(call as never);
  reading.end(); // who has not begun to read by now may have something else to wait for first
  const answer = await answering;
  if (answer === handled) return;
  ctx.status = answer.status;
  if (answer.headers) ctx.set({ ...answer.headers });
  ctx.body = answer.body ?? (answer.status === 204 ? null : ''); // Koa turns null into 204
}

/** Reading goes on while Redis is away, on the word of the session's row; what changes something, or opens personal data, does not. */
const failsClosed = ({ method, path, personal }: Route): boolean => method !== 'get' || personal === true || path.startsWith('/codec');

async function admit(
  route: Route,
  { verify, can, limits, use, main }: Guards,
  ctx: Context,
  reading: Reading,
): Promise<Caller | undefined> {
  const { access } = route;
  if (access === 'public') {
    if (!route.unlimited) await limit(limits, ctx, { address: ctx.ip });
    return undefined;
  }
  const caller = await authenticate({ verify, limits, failClosed: failsClosed(route), reading }, ctx);
  if (access !== 'signed-in') allow(can, caller, access.object, access.action);
  if (!route.paying) demandPaid(caller, route.method);
  if (caller.breakGlassId) {
    reading.end(); // nobody holds one connection and waits for another
    await lookByBreakGlass(use, route, caller, ctx);
  }
  await honourConsent({ main, reading }, route, caller, ctx);
  return caller;
}

type Input = Record<'params' | 'body' | 'form' | 'query' | 'headers', unknown>;

async function readInput(route: Route, ctx: Context, bodyWithinMs: number | undefined): Promise<Input> {
  const { params: named } = ctx as unknown as { params: Record<string, string> };
  refuseCardData(named, ctx.query, ctx.get('idempotency-key'));
  const params = parseParams(route.params, named);
  const sent = await readBody(route, ctx, bodyWithinMs);
  refuseCardData(sent);
  const issues: Issue[] = [];
  const query = parseQuery(issues, route.query, { ...ctx.query });
  const headers = route.headers && parseInto(issues, route.headers, ctx.headers, 'header');
  const body = parseInto(issues, route.body, sent, '');
  const form = parseInto(issues, route.form, sent, '');
  if (issues.length) throw new ValidationError(issues);
  return { params, query, headers, body, form };
}
