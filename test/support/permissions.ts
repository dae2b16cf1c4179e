import type { Role } from '../../domain/roles.ts';

const ops: readonly Role[] = ['super_admin', 'ops'];
const staff: readonly Role[] = ['super_admin', 'ops', 'compliance'];
const admin: readonly Role[] = ['tenant_admin'];
const team: readonly Role[] = ['tenant_admin', 'billing', 'developer', 'teacher'];

/** Who may do what, written by hand: the policy is held against it. Every role is named, inherited or not. */
export const permitted: Readonly<Record<string, readonly Role[]>> = {
  'tenant:list': staff,
  'tenant:read': [...staff, ...team],
  'tenant:update': admin,
  'tenant:suspend': ops,
  'tenant:resume': ops,
  'account:suspend': ops,
  'account:resume': ops,
  'account:reset-password': ops,
  'settings:read': admin,
  'settings:update': admin,
  'school:onboard': ops,
  'person:read': ['tenant_admin', 'teacher', 'guardian', 'student'],
  'person:read-all': ['tenant_admin', 'teacher'],
  'person:read-contact': admin,
  'class:read': ['tenant_admin', 'teacher', 'guardian', 'student'],
  'class:read-all': ['tenant_admin', 'teacher'],
  'invitation:list': admin,
  'billing:mirror': ops,
  'invoice:list': ['tenant_admin', 'billing'],
  'invoice:read': ['tenant_admin', 'billing'],
  'invoice:credit': ops,
  'payment:list': ['tenant_admin', 'billing'],
  'payment:refund': ops,
  'subscription:read': ['tenant_admin', 'billing'],
  'subscription:change': ['tenant_admin', 'billing'],
  'audit:read': ['super_admin', 'compliance', 'tenant_admin'],
  'run:list': [...staff, 'tenant_admin', 'developer'],
  'run:read': [...staff, 'tenant_admin', 'billing', 'developer'],
  'run:cancel': [...ops, 'tenant_admin'],
  'codec:decode': staff,
  'codec:encode': ops,
  'dunning-policy:simulate': ['tenant_admin', 'billing'],
  'upload:create': [...ops, 'tenant_admin', 'billing'],
  'upload:expire': ops,
  'channel:subscribe': [...staff, ...team],
  'break-glass:open': staff,
  'break-glass:as-developer': ops,
  'break-glass:as-billing': ops,
  'break-glass:as-teacher': ['super_admin', 'compliance'],
  'break-glass:as-tenant_admin': ['super_admin', 'compliance'],
  'break-glass:read': [...staff, 'tenant_admin'],
  'break-glass:end': [...staff, 'tenant_admin'],
};

/** What who is in a school by break-glass may do at most, whatever role the access carries. */
export const permittedByBreakGlass: readonly string[] = [
  'audit:read',
  'class:read',
  'class:read-all',
  'invitation:list',
  'invoice:list',
  'invoice:read',
  'payment:list',
  'person:read',
  'person:read-all',
  'person:read-contact',
  'run:list',
  'run:read',
  'settings:read',
  'subscription:read',
  'tenant:read',
];
