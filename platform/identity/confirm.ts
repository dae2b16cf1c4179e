import { SessionEndedError } from '../../domain/errors.ts';
import type { Role } from '../../domain/roles.ts';
import type { SessionIds } from './session-rows.ts';
import { isEnded, type SessionsDeps, type SignedIn } from './sessions.ts';

export interface ConfirmDeps {
  readonly redis: SessionsDeps['redis'];
  /** What is so of a session now; throws when it is no longer in force. */
  readonly inForce: (ids: SessionIds) => Promise<{ readonly role: Role }>;
}

/**
 * Asks again about who was let in, for an answer that goes on for long. Throws SessionEndedError (another role is another session) or
 * TenantSuspendedError.
 */
export const createConfirm =
  ({ redis, inForce }: ConfirmDeps) =>
  async (caller: SignedIn): Promise<void> => {
    if (await isEnded(redis, caller.tokenId, false)) throw new SessionEndedError();
    if ((await inForce(caller)).role !== caller.role) throw new SessionEndedError();
  };
