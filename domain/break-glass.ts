import type { TenantRole } from './roles.ts';

/** In which of a school's roles platform staff may enter it: what the role may read, and nothing it may change. */
export const breakGlassRoles = ['tenant_admin', 'billing', 'developer', 'teacher'] as const satisfies readonly TenantRole[];
export type BreakGlassRole = (typeof breakGlassRoles)[number];

/** No access is longer, whatever is configured. The database refuses it, too. */
export const longestBreakGlassMinutes = 240;
export const defaultBreakGlassMinutes = 60;

/** How an access came to its end: somebody ended it, its time was up, or what it stands on is gone. */
export const breakGlassEnds = [
  'ended-by-holder',
  'ended-by-staff',
  'ended-by-school',
  'expired',
  'session-ended',
  'account-suspended',
  'role-lost',
  'school-closed',
] as const;
export type BreakGlassEnd = (typeof breakGlassEnds)[number];
