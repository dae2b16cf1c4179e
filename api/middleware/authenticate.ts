import { UnauthenticatedError } from '../../domain/errors.ts';
import type { Caller } from '../support/caller.ts';
import type { Context } from '../support/route.ts';

/** Verifies an access token: signature, expiry, session and tenant still in force. Throws a 401 or 403 of domain/errors.ts. */
export type Authenticate = (accessToken: string) => Promise<Caller>;

/** The caller named by the bearer token, also left in the state for the log. */
export async function authenticate(verify: Authenticate, ctx: Context): Promise<Caller> {
  const [, token] = /^Bearer ([\w.~+/-]+=*)$/i.exec(ctx.get('authorization')) ?? [];
  if (!token) throw new UnauthenticatedError();
  const caller = await verify(token);
  ctx.state.caller = caller;
  return caller;
}
