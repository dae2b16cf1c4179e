import type { AccessLevel } from '../../domain/dunning/policy.ts';
import { SessionEndedError } from '../../domain/errors.ts';
import type { Role } from '../../domain/roles.ts';
import type { createBreakGlassRows } from './break-glass-rows.ts';
import type { SessionIds } from './session-rows.ts';
import { isEnded, type SessionsDeps, type SignedIn } from './sessions.ts';

export interface ConfirmDeps {
  readonly redis: SessionsDeps['redis'];
  /** What is so of a session now; throws when it is no longer in force. */
  readonly sessions: { readonly inForce: (ids: SessionIds) => Promise<{ readonly role: Role; readonly access_level: AccessLevel }> };
  readonly breakGlass: Pick<ReturnType<typeof createBreakGlassRows>, 'inForce'>;
}

/**
 * Asks again about who was let in, for an answer that goes on for long. Throws SessionEndedError (another role, or another level of access, is another session) or
 * TenantSuspendedError.
 */
export const createConfirm =
  ({ redis, sessions, breakGlass }: ConfirmDeps) =>
  async (caller: SignedIn): Promise<void> => {
    const { accountId, tenantId, breakGlassId: id, tokenId, accessLevel } = caller;
    if (await isEnded(redis, tokenId, false)) throw new SessionEndedError();
    const { role, access_level } = await (id ? breakGlass.inForce({ id, tenantId }, accountId) : sessions.inForce(caller));
    if (role !== caller.role || access_level !== accessLevel) throw new SessionEndedError();
  };
