import type { Knex } from 'knex';
import { fn } from 'objection';
import { z } from 'zod';
import { NotFoundError, TenantStateError } from '../../domain/errors.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { suspensionReasons, type TenantStatus } from '../../domain/tenant.ts';
import { audit } from '../../platform/audit.ts';
import { inPlatform, inTenant } from '../../platform/database.ts';
import { endAccessesTo } from '../../platform/identity/break-glass-rows.ts';
import { Membership } from '../../platform/models/membership.ts';
import { Session } from '../../platform/models/session.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import { presentTenant, TenantResource } from '../presenters/tenant.ts';
import type { Caller } from '../support/caller.ts';
import { etag } from '../support/etag.ts';
import { found } from '../support/find.ts';
import { reply, route, type Route } from '../support/route.ts';

interface Act {
  readonly tenantId: string;
  readonly caller: Caller;
  readonly requestId: string;
  readonly from: TenantStatus;
  readonly to: TenantStatus;
  readonly reason: string | null;
  readonly action: 'tenant.suspend' | 'tenant.resume';
}

type Entry = Pick<Act, 'requestId'> & { readonly actorId: string };

/**
 * The order enters the platform's log first; the change, and its entry in the school's own log, are one transaction. A school that is in
 * the wanted state already is left as it is, so that a repeated request after a lost answer changes nothing.
 */
async function changeStatus(main: Knex, { tenantId, caller, requestId, from, to, reason, action }: Act): Promise<Tenant> {
  if (tenantId === platformTenantId) throw new NotFoundError('tenant');
  const entry = { actorId: caller.accountId, requestId, objectType: 'tenant', objectId: tenantId };
  const known = await inPlatform(main, async (trx) => {
    const tenant = found(await Tenant.query(trx).findById(tenantId), 'tenant');
    if (tenant.status === from) await audit(trx, { ...entry, tenantId: platformTenantId, action: `${action}.order` });
    return tenant;
  });
  if (known.status === to) return known;
  if (known.status !== from) throw new TenantStateError(known.status);
  return inTenant(main, tenantId, async (trx) => {
    const before = found(await Tenant.query(trx).findById(tenantId).forUpdate(), 'tenant');
    if (before.status === to) return before;
    if (before.status !== from) throw new TenantStateError(before.status);
    const after = await Tenant.query(trx).patchAndFetchById(tenantId, { status: to, suspended_reason: reason });
    if (to === 'suspended') await endSessions(trx, tenantId, entry);
    await audit(trx, { ...entry, tenantId, action, before, after });
    return after;
  });
}

/** Tokens of a suspended school are refused by its status at once; ending sessions, and accesses, keeps them refused after it resumes. */
async function endSessions(trx: Knex.Transaction, tenantId: string, { actorId: by, requestId }: Entry): Promise<void> {
  const own = Membership.query(trx).select('id');
  await Session.query(trx)
    .whereIn('membership_id', own)
    .whereNull('revoked_at')
    .patch({ revoked_at: fn.now(), revoked_reason: 'tenant-suspended' });
  await endAccessesTo(trx, tenantId, { by, requestId, reason: 'school-closed' });
}

const Id = z.object({ id: z.uuid() });

export const suspensionRoutes = ({ main }: { readonly main: Knex }): Route[] => [
  route({
    method: 'post',
    path: '/v1/tenants/{id}/suspend',
    access: { object: 'tenant', action: 'suspend' },
    summary: 'Suspends a school: nobody of it gets in, and its sessions end at once',
    params: Id,
    body: z.strictObject({ reason: z.enum(suspensionReasons) }),
    responses: { 200: TenantResource },
    problems: [409],
    handler: async ({ params, body, caller, requestId, can }) => {
      const act = {
        tenantId: params.id,
        caller,
        requestId,
        from: 'active',
        to: 'suspended',
        reason: body.reason,
        action: 'tenant.suspend',
      } as const;
      const tenant = await changeStatus(main, act);
      return reply(200, presentTenant(tenant, can), { ETag: etag(tenant.version) });
    },
  }),
  route({
    method: 'post',
    path: '/v1/tenants/{id}/resume',
    access: { object: 'tenant', action: 'resume' },
    summary: 'Lets a suspended school in again; its people sign in anew',
    params: Id,
    responses: { 200: TenantResource },
    problems: [409],
    handler: async ({ params, caller, requestId, can }) => {
      const act = {
        tenantId: params.id,
        caller,
        requestId,
        from: 'suspended',
        to: 'active',
        reason: null,
        action: 'tenant.resume',
      } as const;
      const tenant = await changeStatus(main, act);
      return reply(200, presentTenant(tenant, can), { ETag: etag(tenant.version) });
    },
  }),
];
