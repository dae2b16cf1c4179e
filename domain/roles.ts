/** The tenant that holds the platform's own staff and runs: platform roles are memberships in it. */
export const platformTenantId = '00000000-0000-7000-8000-000000000000';

export const platformRoles = ['super_admin', 'ops', 'compliance'] as const;
export const tenantRoles = ['tenant_admin', 'billing', 'developer', 'teacher', 'guardian', 'student'] as const;
export const roles = [...platformRoles, ...tenantRoles] as const;

export type PlatformRole = (typeof platformRoles)[number];
export type TenantRole = (typeof tenantRoles)[number];
export type Role = (typeof roles)[number];

export const isPlatformRole = (role: Role): role is PlatformRole => (platformRoles as readonly string[]).includes(role);
