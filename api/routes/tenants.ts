import type { Knex } from 'knex';
import { z } from 'zod';
import { NotFoundError, VersionConflictError } from '../../domain/errors.ts';
import { platformTenantId } from '../../domain/roles.ts';
import { tenantStatuses } from '../../domain/tenant.ts';
import { audit } from '../../platform/audit.ts';
import { inTenant } from '../../platform/database.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import { rowReader } from '../../platform/row-reader.ts';
import { presentTenant, TenantResource } from '../presenters/tenant.ts';
import { etag } from '../support/etag.ts';
import { found } from '../support/find.ts';
import { idPosition, page, pageOf, paging, positionOf } from '../support/paging.ts';
import { reply, route, type Route } from '../support/route.ts';
import { Locale, TimeZone } from '../support/schemas.ts';

export interface TenantDeps {
  readonly main: Knex;
}
const tenantById = rowReader(Tenant, ['id']);
const Id = z.object({ id: z.uuid() });
const Changes = z
  .strictObject({ name: z.string().trim().min(2).max(200), timeZone: TimeZone, locale: Locale })
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, 'Change something.');

/** The registry of schools. */
export const tenantRoutes = (deps: TenantDeps): Route[] => [listRoute(), readRoute(), updateRoute(deps)];

const listRoute = (): Route =>
  route({
    method: 'get',
    path: '/v1/tenants',
    access: { object: 'tenant', action: 'list' },
    summary: 'The schools of the platform',
    query: z.strictObject({ ...paging, status: z.enum(tenantStatuses).optional() }),
    responses: { 200: pageOf(TenantResource) },
    handler: async ({ query: { limit, cursor, status }, can, read }) => {
      const after = positionOf(cursor, idPosition);
      const rows = await read(async (trx) => {
        const schools = Tenant.query(trx)
          .whereNot('id', platformTenantId)
          .orderBy('id')
          .limit(limit + 1);
        if (after) schools.where('id', '>', after);
        if (status) schools.where({ status });
        return schools;
      });
      return reply(
        200,
        page(
          rows,
          limit,
          ({ id }) => id,
          (tenant) => presentTenant(tenant, can),
        ),
      );
    },
  });

const readRoute = (): Route =>
  route({
    method: 'get',
    path: '/v1/tenants/{id}',
    access: { object: 'tenant', action: 'read' },
    summary: 'One school: any for platform staff, else one’s own',
    params: Id,
    responses: { 200: TenantResource },
    handler: async ({ params: { id }, caller, can, read }) => {
      if (caller.tenantId !== platformTenantId && caller.tenantId !== id) throw new NotFoundError('tenant');
      const tenant = await read(async (trx) => found((await tenantById(trx, id))[0], 'tenant'));
      return reply(200, presentTenant(tenant, can), { ETag: etag(tenant.version) });
    },
  });

const updateRoute = ({ main }: TenantDeps): Route =>
  route({
    method: 'patch',
    path: '/v1/tenants/{id}',
    access: { object: 'tenant', action: 'update' },
    summary: 'Changes the name, time zone or locale of one’s own school',
    params: Id,
    body: Changes,
    ifMatch: true,
    responses: { 200: TenantResource },
    handler: async ({ params: { id }, body: { timeZone, ...others }, version, caller, can, requestId }) => {
      if (caller.tenantId !== id) throw new NotFoundError('tenant');
      const changes = { ...others, ...(timeZone ? { time_zone: timeZone } : {}) } as Partial<Tenant>;
      const tenant = await inTenant(main, id, async (trx) => {
        const before = found(await Tenant.query(trx).findById(id).forUpdate(), 'tenant');
        if (before.version !== version) throw new VersionConflictError();
        const after = await Tenant.query(trx).patchAndFetchById(id, changes);
        const act = { action: 'tenant.update', objectType: 'tenant', objectId: id, before, after };
        await audit(trx, { tenantId: id, actorId: caller.accountId, requestId, ...act });
        return after;
      });
      return reply(200, presentTenant(tenant, can), { ETag: etag(tenant.version) });
    },
  });
