import { platformTenantId } from '../../domain/roles.ts';
import type { BreakGlass } from './break-glass.ts';
import type { createSessions, SignedIn } from './sessions.ts';

export interface SignOutDeps {
  readonly sessions: Pick<ReturnType<typeof createSessions>, 'end'>;
  readonly breakGlass: Pick<BreakGlass, 'end' | 'settleAll'>;
}

/** Ends what the caller is signed in by: an access by break-glass alone, or a session with all accesses that were opened in it. Idempotent. */
export const createSignOut =
  ({ sessions, breakGlass }: SignOutDeps) =>
  async (caller: SignedIn, requestId?: string): Promise<void> => {
    const { breakGlassId, accountId, tenantId } = caller;
    if (breakGlassId) return void (await breakGlass.end(caller, breakGlassId, requestId));
    await sessions.end(caller);
    if (tenantId === platformTenantId) await breakGlass.settleAll({ accountId });
  };
