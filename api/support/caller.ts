/** Who a verified access token speaks for. A request acts in exactly one tenant: the token's. */
export type { SignedIn as Caller } from '../../platform/identity/sessions.ts';
