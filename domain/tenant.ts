export const regions = ['eu', 'us'] as const;
export type Region = (typeof regions)[number];

export const tenantStatuses = ['onboarding', 'active', 'suspended', 'closed'] as const;
export type TenantStatus = (typeof tenantStatuses)[number];

/** Why a school is suspended. Words of ours, not free text: the registry holds no personal data. */
export const suspensionReasons = ['non-payment', 'security', 'terms', 'requested'] as const;
export type SuspensionReason = (typeof suspensionReasons)[number];

/** A school's address in the platform: 3 to 40 lower-case letters, digits and single hyphens, starting with a letter. */
export const slugPattern = /^(?=.{3,40}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

export const bucketOf = (tenantId: string): string => `tenant-${tenantId}`;
export const channelOf = (tenantId: string): string => `private-tenant-${tenantId}`;
