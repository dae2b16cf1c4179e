import { z } from 'zod';
import { breakGlassEnds, breakGlassRoles } from '../../domain/break-glass.ts';
import { platformRoles } from '../../domain/roles.ts';
import type { BreakGlassAccess } from '../../platform/models/break-glass-access.ts';
import type { Caller } from '../support/caller.ts';
import { actionsOf } from './actions.ts';

export const BreakGlassResource = z
  .object({
    id: z.uuid().describe('In the audit log of the school, what was done under it is on its behalf'),
    tenantId: z.uuid().describe('The school'),
    accountId: z.uuid().describe('Who opened it'),
    openedAs: z.enum(platformRoles),
    role: z.enum(breakGlassRoles).describe('What this role may read, the access may read'),
    reason: z.string().nullable().describe('null when the key of the school is gone'),
    status: z.enum(['open', 'ended']),
    openedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
    endedBy: z.uuid().nullable().describe('null when nobody did'),
    endReason: z.enum(breakGlassEnds).nullable(),
    actions: z.array(z.enum(['renew', 'end'])),
  })
  .meta({ id: 'BreakGlassAccess' });

type MayDo = (object: string, action: string) => boolean;

export function presentBreakGlass(
  access: BreakGlassAccess,
  reason: string | null,
  { caller, can }: { readonly caller: Caller; readonly can: MayDo },
): z.input<typeof BreakGlassResource> {
  const { id, role, ended_at } = access;
  const open = ended_at === null;
  const actions = actionsOf({
    renew: open && access.account_id === caller.accountId && can('break-glass', 'open'),
    end: open && can('break-glass', 'end'),
  }) as z.input<typeof BreakGlassResource>['actions'];
  return {
    id,
    role,
    reason,
    actions,
    tenantId: access.tenant_id,
    accountId: access.account_id,
    openedAs: access.opened_as,
    status: open ? 'open' : 'ended',
    openedAt: access.opened_at.toISOString(),
    expiresAt: access.expires_at.toISOString(),
    endedAt: ended_at?.toISOString() ?? null,
    endedBy: access.ended_by,
    endReason: access.end_reason,
  };
}
