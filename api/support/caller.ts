import type { Role } from '../../domain/roles.ts';

/** Who a verified access token speaks for. A request acts in exactly one tenant: the token's. Ids only. */
export interface Caller {
  readonly accountId: string;
  readonly membershipId: string;
  readonly sessionId: string;
  readonly tenantId: string;
  readonly role: Role;
  /** The tenant's data subject this account is; staff of the platform have none. */
  readonly personId?: string | undefined;
}
