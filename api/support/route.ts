import type { ParameterizedContext } from 'koa';
import type { z } from 'zod';
import type { PurposeId } from '../../domain/privacy/purposes.ts';
import type { Work } from '../../platform/transaction.ts';
import type { Permission } from '../../policies/index.ts';
import type { Caller } from './caller.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What the middleware leaves for the routes. `route` is the declared path: logs and metrics never see the real one. */
export interface AppState {
  requestId: string;
  route?: string;
  caller?: Caller;
}
export type Context = ParameterizedContext<AppState>;

/** `public`: no token. `signed-in`: any valid token (the handler may ask `can` further). Otherwise object and action of policy.csv. */
export type Access = 'public' | 'signed-in' | Permission;

/** An answer: a Zod schema is JSON; `noContent` has no body; anything else names its media type and is written by the handler. */
export type Answer = z.ZodType | { readonly mediaType: string; readonly description: string } | null;
export const noContent = null;
export type Answers = Readonly<Record<number, Answer>>;

/** Presenters may answer frozen data. */
type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;
type Headers = Readonly<Record<string, string>>;
/** What a handler returns: a declared status with a body of its schema. */
export type Reply<R extends Answers> = {
  [S in keyof R & number]: R[S] extends z.ZodType
    ? { readonly status: S; readonly headers?: Headers; readonly body: DeepReadonly<z.input<R[S]>> }
    : { readonly status: S; readonly headers?: Headers };
}[keyof R & number];

/** An answer with its status kept as a literal, so that the compiler checks the body against the declared schema. */
export function reply<const S extends number>(status: S): { readonly status: S };
export function reply<const S extends number, const B>(
  status: S,
  body: B,
  headers?: Headers,
): { readonly status: S; readonly body: B; readonly headers: Headers };
export function reply(status: number, body?: unknown, headers: Headers = {}): { status: number; body?: unknown; headers: Headers } {
  return { status, body, headers };
}

/** Returned by a handler that has written the response itself (streams, server-sent events). */
export const handled = Symbol('handled');

type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined;

/** What a handler gets: everything checked, nothing to look up in the Koa context (which is there for streams). */
export interface Call<A extends Access, B, F, Q, P, H> {
  readonly caller: A extends 'public' ? undefined : Caller;
  /** Whether the caller may do `action` on `object`; always false for a public route. */
  readonly can: (object: string, action: string) => boolean;
  /** Reads in the caller's tenant; staff of the platform see the registry of tenants too. Begun at once, it shares a transaction with the session's check. */
  readonly read: A extends 'public' ? undefined : <T>(work: Work<T>) => Promise<T>;
  readonly body: Parsed<B>;
  readonly form: Parsed<F>;
  readonly query: Parsed<Q>;
  readonly params: Parsed<P>;
  readonly headers: Parsed<H>;
  /** The version in If-Match; present on routes that declare `ifMatch`. */
  readonly version: number;
  readonly requestId: string;
  readonly ctx: Context;
}

export interface RouteSpec<A extends Access, R extends Answers, B, F, Q, P, H> {
  readonly method: Method;
  /** As in OpenAPI: `/v1/tenants/{id}`. */
  readonly path: string;
  readonly access: A;
  readonly summary: string;
  /** A JSON body. Without it (and without `form`, `raw`) a body is ignored. */
  readonly body?: B;
  /** A body of `application/x-www-form-urlencoded`. */
  readonly form?: F;
  /** A body the handler streams from `ctx.req` itself; other media types answer 415. */
  readonly raw?: readonly string[];
  readonly query?: Q;
  /** A value that does not fit answers 404: there is no such resource. */
  readonly params?: P;
  /** Request headers, lower-case names. */
  readonly headers?: H;
  /** The route changes a versioned resource: no If-Match answers 428; the handler compares `version` and throws VersionConflictError. */
  readonly ifMatch?: true;
  /** It answers personal data: refused while nobody can tell whether the token was signed out. So is whatever is not GET. */
  readonly personal?: true;
  /** It ends what the caller is signed in by: the one thing but reading that who is in a school by break-glass may do. */
  readonly leaves?: true;
  /**
   * It is part of paying, of coming and going, or of what people may ask about their data: open to a school whatever it owes. Without it a school that is `read_only` may GET,
   * and one that is `suspended` or `cancelled` nothing. Where that depends on what the path names, the handler asks `demandPaid`.
   */
  readonly paying?: true;
  /** What it processes the caller's own data for: refused without their consent, where the purpose needs one (api/middleware/consent.ts). */
  readonly purpose?: PurposeId;
  /** It is asked by machines that watch over the API, and counts towards no limit. */
  readonly unlimited?: true;
  readonly responses: R;
  /** Statuses beyond those that follow from the declaration (401, 403, 404, 422, ...), each a problem. */
  readonly problems?: readonly number[];
  readonly handler: (call: Call<A, B, F, Q, P, H>) => Promise<Reply<R> | typeof handled>;
}

/** A declared route. Router, OpenAPI document and RBAC table are all made from a list of these. */
export type Route = Omit<
  RouteSpec<Access, Answers, unknown, unknown, unknown, unknown, unknown>,
  'handler' | 'body' | 'form' | 'query' | 'params' | 'headers'
> & {
  readonly body?: z.ZodType;
  readonly form?: z.ZodType;
  readonly query?: z.ZodType;
  readonly params?: z.ZodType;
  readonly headers?: z.ZodType;
  readonly handler: (
    call: never,
  ) => Promise<{ readonly status: number; readonly headers?: Headers; readonly body?: unknown } | typeof handled>;
};

/**
 * Declares a route. A file of routes exports `xRoutes(deps): Route[]`; api/app.ts lists them.
 *
 *     route({
 *       method: 'post',
 *       path: '/v1/tenants/{id}/suspend',
 *       access: { object: 'tenant', action: 'suspend' },
 *       summary: 'Suspends a school and ends its sessions',
 *       params: z.object({ id: z.uuid() }),
 *       body: z.strictObject({ reason: z.string().min(3) }),
 *       responses: { 200: Tenant },
 *       problems: [409],
 *       handler: async ({ params, body, caller, requestId }) => reply(200, await ...),
 *     })
 *
 * Order for every request: authenticate, authorise, ask whether the school may while it owes, ask for consent to its purpose, check If-Match, read the body, validate everything at once, handle.
 */
export function route<
  const A extends Access,
  const R extends Answers,
  B extends z.ZodType | undefined = undefined,
  F extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  P extends z.ZodType | undefined = undefined,
  H extends z.ZodType | undefined = undefined,
>(spec: RouteSpec<A, R, B, F, Q, P, H>): Route {
  return spec as unknown as Route;
}
