import type { Knex } from 'knex';
import { z } from 'zod';
import { defaultPolicy } from '../../domain/dunning/policy.ts';
import { ValidationError, VersionConflictError } from '../../domain/errors.ts';
import { audit } from '../../platform/audit.ts';
import { newestPolicyRow } from '../../platform/dunning/present-policy.ts';
import { DunningPolicyRow } from '../../platform/models/dunning-policy.ts';
import { dunningPolicySchema, readDunningPolicy } from '../../processes/support/dunning-policy.ts';
import { DunningPolicyResource, presentDunningPolicy } from '../presenters/dunning-policy.ts';
import type { Caller } from '../support/caller.ts';
import { etag } from '../support/etag.ts';
import { ofSchool, tenantIdOfSchool, tenantSpokenOf } from '../support/of-school.ts';
import { numberPosition, page, pageOf, paging, positionOf } from '../support/paging.ts';
import { reply, route, type Route } from '../support/route.ts';

const path = '/v1/billing/dunning-policy';
type Shown = ReturnType<typeof presentDunningPolicy>;
const positionOfPolicy = ({ policy_version: at }: DunningPolicyRow): string => `${at}`;

/**
 * How a school's unpaid invoices are collected. The school reads it; the platform's staff writes it, for by it a school could end what it
 * owes. A policy is written once: a change is the next version, which runs that begin from then on have.
 */
export const dunningPolicyRoutes = ({ main }: { readonly main: Knex }): Route[] => [
  route({
    method: 'get',
    path,
    access: { object: 'dunning-policy', action: 'read' },
    summary: 'The dunning policy that new runs begin with',
    query: z.strictObject({ tenantId: tenantIdOfSchool.optional() }),
    responses: { 200: DunningPolicyResource },
    problems: [404],
    handler: async ({ query, caller, can }) => {
      const tenantId = tenantSpokenOf(caller, query.tenantId);
      const row = await ofSchool(main, tenantId, (trx) => newestPolicyRow(trx, tenantId));
      const shown = presentDunningPolicy(row, can);
      return reply(200, shown, { ETag: etag(shown.version) });
    },
  }),
  route({
    method: 'put',
    path,
    access: { object: 'dunning-policy', action: 'update' },
    summary: 'Makes the next version of the dunning policy of a school; runs under way keep theirs',
    query: z.strictObject({ tenantId: tenantIdOfSchool }),
    body: dunningPolicySchema,
    ifMatch: true,
    responses: { 200: DunningPolicyResource },
    problems: [404],
    handler: async ({ query, body, version, caller, can, requestId }) => {
      const tenantId = tenantSpokenOf(caller, query.tenantId);
      const row = await write(main, { policy: readDunningPolicy(body), version, tenantId, caller, requestId });
      return reply(200, presentDunningPolicy(row, can), { ETag: etag(row.policy_version) });
    },
  }),
  route({
    method: 'get',
    path: '/v1/billing/dunning-policies',
    access: { object: 'dunning-policy', action: 'read' },
    summary: 'All dunning policies the school has made, newest first',
    query: z.strictObject({ ...paging, tenantId: tenantIdOfSchool.optional() }),
    responses: { 200: pageOf(DunningPolicyResource) },
    problems: [404],
    handler: async ({ query: { limit, cursor, ...query }, caller, can }) => {
      const before = positionOf(cursor, numberPosition);
      const tenantId = tenantSpokenOf(caller, query.tenantId);
      const rows = await ofSchool(main, tenantId, (trx) => listPolicies(trx, { tenantId, limit, before }));
      const present = (row: DunningPolicyRow): Shown => presentDunningPolicy(row, can);
      return reply(200, page(rows, limit, positionOfPolicy, present));
    },
  }),
];

interface Listing {
  readonly tenantId: string;
  readonly limit: number;
  readonly before: string | undefined;
}
/** One more than the page, newest first. */
async function listPolicies(trx: Knex.Transaction, { tenantId, limit, before }: Listing): Promise<DunningPolicyRow[]> {
  const policies = DunningPolicyRow.query(trx)
    .where({ tenant_id: tenantId })
    .orderBy('policy_version', 'desc')
    .limit(limit + 1);
  if (before) policies.where('policy_version', '<', before);
  return policies;
}

interface Writing {
  readonly policy: ReturnType<typeof readDunningPolicy>;
  /** The one the caller read. */
  readonly version: number;
  readonly tenantId: string;
  readonly caller: Caller;
  readonly requestId: string;
}

/** Throws NotFoundError, VersionConflictError when another version is the newest, ValidationError when the policy is not called the next one. */
const write = (main: Knex, { policy, version, tenantId, caller: { accountId }, requestId }: Writing): Promise<DunningPolicyRow> =>
  ofSchool(main, tenantId, async (trx) => {
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
