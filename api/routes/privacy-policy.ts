import type { Knex } from 'knex';
import { z } from 'zod';
import { VersionConflictError } from '../../domain/errors.ts';
import { laws } from '../../domain/privacy/deadline.ts';
import { defaultPrivacyPolicy } from '../../domain/privacy/request.ts';
import { audit } from '../../platform/audit.ts';
import { inTenant } from '../../platform/database.ts';
import { PrivacyPolicyRow } from '../../platform/models/privacy-request.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import { etag } from '../support/etag.ts';
import { found } from '../support/find.ts';
import { tenantIdOfSchool, tenantSpokenOf } from '../support/of-school.ts';
import { reply, route, type Route } from '../support/route.ts';

const path = '/v1/privacy/policy';
const fields = {
  needsApproval: z.boolean().describe('Somebody else than who entered a request must agree'),
  needsConfirmation: z.boolean().describe('It is asked once more before erasing; else the end of the cooling-off begins it'),
  coolingOffDays: z.number().int().min(0).max(14).describe('How long a request that is agreed to waits, and can be withdrawn'),
  law: z.enum(laws).describe('Whose deadline holds where a request names none'),
};
const Policy = z.strictObject(fields);
const PolicyResource = z
  .object({ ...fields, version: z.number().int().describe('0: the school has none of its own') })
  .meta({ id: 'PrivacyPolicy' });
const ofWhom = z.strictObject({ tenantId: tenantIdOfSchool.optional() });

const present = (row: PrivacyPolicyRow | undefined): z.input<typeof PolicyResource> =>
  row
    ? {
        needsApproval: row.needs_approval,
        needsConfirmation: row.needs_confirmation,
        coolingOffDays: row.cooling_off_days,
        law: row.law,
        version: row.version,
      }
    : { ...defaultPrivacyPolicy, version: 0 };

/** How a school wants requests about people's data handled. Runs under way keep what they began with. */
export const privacyPolicyRoutes = ({ main }: { readonly main: Knex }): Route[] => [
  route({
    method: 'get',
    path,
    access: { object: 'privacy-policy', action: 'read' },
    summary: 'How requests about people’s data are handled at a school',
    query: ofWhom,
    responses: { 200: PolicyResource },
    problems: [404],
    handler: async ({ query, caller }) => {
      const tenantId = tenantSpokenOf(caller, query.tenantId);
      const row = await inTenant(main, tenantId, async (trx) => {
        found(await Tenant.query(trx).findById(tenantId), 'tenant');
        return PrivacyPolicyRow.query(trx).findById(tenantId);
      });
      const shown = present(row);
      return reply(200, shown, { ETag: etag(shown.version) });
    },
  }),
  route({
    method: 'put',
    path,
    access: { object: 'privacy-policy', action: 'update' },
    summary: 'Says how requests about people’s data are handled at a school',
    query: ofWhom,
    body: Policy,
    ifMatch: true,
    responses: { 200: PolicyResource },
    problems: [404],
    handler: async ({ query, body, version, caller, requestId }) => {
      const tenantId = tenantSpokenOf(caller, query.tenantId);
      const row = await inTenant(main, tenantId, async (trx) => {
        found(await Tenant.query(trx).findById(tenantId), 'tenant');
        const before = await PrivacyPolicyRow.query(trx).findById(tenantId).forUpdate();
        if ((before?.version ?? 0) !== version) throw new VersionConflictError();
        const columns = {
          needs_approval: body.needsApproval,
          needs_confirmation: body.needsConfirmation,
          cooling_off_days: body.coolingOffDays,
          law: body.law,
        };
        const rows = trx('privacy_policies');
        const made: unknown[] = before
          ? await rows.where({ tenant_id: tenantId }).update(columns).returning('tenant_id')
          : await rows
              .insert({ tenant_id: tenantId, ...columns })
              .onConflict('tenant_id')
              .ignore()
              .returning('tenant_id');
        if (made.length === 0) throw new VersionConflictError();
        const after = await PrivacyPolicyRow.query(trx).findById(tenantId).throwIfNotFound();
        const act = { action: 'privacy-policy.update', objectType: 'privacy-policy', objectId: null, before: before ?? null, after };
        await audit(trx, { tenantId, actorId: caller.accountId, requestId, ...act });
        return after;
      });
      return reply(200, present(row), { ETag: etag(row.version) });
    },
  }),
];
