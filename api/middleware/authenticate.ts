import { UnauthenticatedError } from '../../domain/errors.ts';
import type { Authenticating } from '../../platform/identity/sessions.ts';
import type { Reading } from '../../platform/reading.ts';
import type { Caller } from '../support/caller.ts';
import type { Context } from '../support/route.ts';
import { type Limits, limit } from './rate-limit.ts';

/** Verifies an access token: signature, expiry, session and tenant still in force. Throws a 401 or 403 of domain/errors.ts. */
export type Authenticate = (accessToken: string, options: Authenticating) => Promise<Caller>;

export interface Door {
  readonly verify: Authenticate;
  readonly limits: Limits;
  /** Whether nobody comes in while Redis is away. */
  readonly failClosed: boolean;
  readonly reading: Reading;
}

/** The caller named by the bearer token, also left in the state for the log. Who brings no good token counts by the address alone. */
export async function authenticate({ verify, limits, failClosed, reading }: Door, ctx: Context): Promise<Caller> {
  let counted = false;
  const meanwhile: Authenticating['meanwhile'] = (who) => {
    counted = true;
    return limit(limits, ctx, { ...who, address: ctx.ip });
  };
  try {
    return await identify((token) => verify(token, { failClosed, meanwhile, reading }), ctx);
  } catch (error) {
    if (!counted && error instanceof UnauthenticatedError) await limit(limits, ctx, { address: ctx.ip });
    throw error;
  }
}

async function identify(verify: (accessToken: string) => Promise<Caller>, ctx: Context): Promise<Caller> {
  const [, token] = /^Bearer ([\w.~+/-]+=*)$/i.exec(ctx.get('authorization')) ?? [];
  if (!token) throw new UnauthenticatedError();
  const caller = await verify(token);
  ctx.state.caller = caller;
  return caller;
}
