import type { Knex } from 'knex';
import { z } from 'zod';
import { defaultPolicy } from '../../domain/dunning/policy.ts';
import { ValidationError, VersionConflictError } from '../../domain/errors.ts';
import { audit } from '../../platform/audit.ts';
import { inTenant } from '../../platform/database.ts';
import { newestPolicyRow } from '../../platform/dunning/present-policy.ts';
import { DunningPolicyRow } from '../../platform/models/dunning-policy.ts';
import { dunningPolicySchema, readDunningPolicy } from '../../processes/support/dunning-policy.ts';
import { DunningPolicyResource, presentDunningPolicy } from '../presenters/dunning-policy.ts';
import type { Caller } from '../support/caller.ts';
import { etag } from '../support/etag.ts';
import { numberPosition, page, pageOf, paging, positionOf } from '../support/paging.ts';
import { reply, route, type Route } from '../support/route.ts';

const path = '/v1/billing/dunning-policy';

/** How a school's unpaid invoices are collected. A policy is written once: a change is the next version, which runs that begin from then on have. */
export const dunningPolicyRoutes = ({ main }: { readonly main: Knex }): Route[] => [
  route({
    method: 'get',
    path,
    access: { object: 'dunning-policy', action: 'read' },
    summary: 'The dunning policy that new runs begin with',
    responses: { 200: DunningPolicyResource },
    handler: async ({ caller: { tenantId }, can, read }) => {
      const row = await read((trx) => newestPolicyRow(trx, tenantId));
      const shown = presentDunningPolicy(row, can);
      return reply(200, shown, { ETag: etag(shown.version) });
    },
  }),
  route({
    method: 'put',
    path,
    access: { object: 'dunning-policy', action: 'update' },
    summary: 'Makes the next version of the dunning policy; runs under way keep theirs',
    body: dunningPolicySchema,
    ifMatch: true,
    responses: { 200: DunningPolicyResource },
    handler: async ({ body, version, caller, can, requestId }) => {
      const row = await write(main, { policy: readDunningPolicy(body), version, caller, requestId });
      return reply(200, presentDunningPolicy(row, can), { ETag: etag(row.policy_version) });
    },
  }),
  route({
    method: 'get',
    path: '/v1/billing/dunning-policies',
    access: { object: 'dunning-policy', action: 'read' },
    summary: 'All dunning policies the school has made, newest first',
    query: z.strictObject(paging),
    responses: { 200: pageOf(DunningPolicyResource) },
    handler: async ({ query: { limit, cursor }, caller: { tenantId }, can, read }) => {
      const before = positionOf(cursor, numberPosition);
      const rows = await read(async (trx) => {
        const policies = DunningPolicyRow.query(trx)
          .where({ tenant_id: tenantId })
          .orderBy('policy_version', 'desc')
          .limit(limit + 1);
        if (before) policies.where('policy_version', '<', before);
        return policies;
      });
      return reply(
        200,
        page(
          rows,
          limit,
          ({ policy_version: at }) => `${at}`,
          (row) => presentDunningPolicy(row, can),
        ),
      );
    },
  }),
];

interface Writing {
  readonly policy: ReturnType<typeof readDunningPolicy>;
  /** The one the caller read. */
  readonly version: number;
  readonly caller: Caller;
  readonly requestId: string;
}

/** Throws VersionConflictError when another version is the newest, ValidationError when the policy is not called the next one. */
const write = (main: Knex, { policy, version, caller, requestId }: Writing): Promise<DunningPolicyRow> =>
  inTenant(main, caller.tenantId, async (trx) => {
    const { tenantId, accountId } = caller;
    const before = await newestPolicyRow(trx, tenantId);
    const present = before?.policy_version ?? defaultPolicy.version;
    if (present !== version) throw new VersionConflictError();
    if (policy.version !== present + 1)
      throw new ValidationError([{ path: 'body.version', message: `the next version is ${present + 1}` }]);
    const row = { tenant_id: tenantId, policy_version: policy.version, policy: JSON.stringify(policy), created_by: accountId };
    // Two who read the same version write the same one: the database lets one of them.
    const made: unknown[] = await trx(DunningPolicyRow.tableName).insert(row).onConflict().ignore().returning('policy_version');
    if (made.length === 0) throw new VersionConflictError();
    const after = await DunningPolicyRow.query(trx).findById([tenantId, policy.version]).throwIfNotFound();
    const act = { action: 'dunning-policy.update', objectType: 'dunning-policy', objectId: null, before: before ?? null, after };
    await audit(trx, { tenantId, actorId: accountId, requestId, ...act });
    return after;
  });
