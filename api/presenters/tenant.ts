import { z } from 'zod';
import { accessLevels } from '../../domain/dunning/policy.ts';
import { regions, tenantStatuses } from '../../domain/tenant.ts';
import type { Tenant, TenantSettings } from '../../platform/models/tenant.ts';
import { actionsOf } from './actions.ts';

export const TenantResource = z
  .object({
    id: z.uuid(),
    slug: z.string(),
    name: z.string(),
    region: z.enum(regions),
    plan: z.string(),
    status: z.enum(tenantStatuses),
    accessLevel: z.enum(accessLevels).describe('What the school can do while it owes'),
    suspendedReason: z.string().nullable(),
    timeZone: z.string().describe('IANA time zone'),
    locale: z.string().describe('BCP 47'),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    actions: z.array(z.enum(['update', 'read-settings', 'suspend', 'resume'])),
  })
  .meta({ id: 'Tenant' });

export const SettingsResource = z
  .object({
    invitationDays: z.number().int().describe('How long an invitation is good, in days'),
    inviteStaff: z.boolean().describe('Whether an import invites the staff it finds'),
    sessionHours: z.number().int().describe('How long a sign-in lasts at most, in hours'),
    country: z.string().nullable().describe('ISO 3166: it sets from which age people consent for themselves; the strictest age when null'),
    updatedAt: z.iso.datetime(),
    actions: z.array(z.enum(['update'])),
  })
  .meta({ id: 'TenantSettings' });

type MayDo = (object: string, action: string) => boolean;

export function presentTenant(tenant: Tenant, can: MayDo): z.input<typeof TenantResource> {
  const { id, slug, name, region, plan, status, locale } = tenant;
  const actions = actionsOf({
    update: can('tenant', 'update'),
    'read-settings': can('settings', 'read'),
    suspend: status === 'active' && can('tenant', 'suspend'),
    resume: status === 'suspended' && can('tenant', 'resume'),
  }) as z.input<typeof TenantResource>['actions'];
  return {
    id,
    slug,
    name,
    region,
    plan,
    status,
    locale,
    actions,
    accessLevel: tenant.access_level,
    suspendedReason: tenant.suspended_reason,
    timeZone: tenant.time_zone,
    createdAt: tenant.created_at.toISOString(),
    updatedAt: tenant.updated_at.toISOString(),
  };
}

export function presentSettings(settings: TenantSettings, can: MayDo): z.input<typeof SettingsResource> {
  return {
    invitationDays: settings.invitation_days,
    inviteStaff: settings.invite_staff,
    sessionHours: settings.session_hours,
    country: settings.country,
    updatedAt: settings.updated_at.toISOString(),
    actions: can('settings', 'update') ? ['update'] : [],
  };
}
