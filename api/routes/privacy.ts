import type { Knex } from 'knex';
import { z } from 'zod';
import { requestStatuses } from '../../domain/privacy/request.ts';
import { inTenant } from '../../platform/database.ts';
import { Run } from '../../platform/models/run.ts';
import { PrivacyHold, PrivacyReceipt, PrivacyRequest } from '../../platform/models/privacy-request.ts';
import { dropHold, openHoldReasons, writeHold } from '../../platform/privacy/holds.ts';
import { readDataMap } from '../../platform/privacy/map.ts';
import { piiTypes } from '../../domain/pii.ts';
import { presentRequest, presentRequestSummary, PrivacyRequestResource, PrivacyRequestSummary } from '../presenters/privacy-request.ts';
import { found } from '../support/find.ts';
import { tenantIdOfSchool, tenantSpokenOf } from '../support/of-school.ts';
import { idPosition, page, pageOf, paging, positionOf } from '../support/paging.ts';
import { reply, route, type Route } from '../support/route.ts';
import { type MessageDeps, sendMessage } from '../support/run-messages.ts';

export interface PrivacyDeps extends Omit<MessageDeps, 'knex'> {
  readonly main: Knex;
  /** The keyring cluster: its tables are on the map, too. */
  readonly keyringDatabase: Knex;
}
const readRequests = { object: 'privacy-request', action: 'read' } as const;
const ofWhom = { tenantId: tenantIdOfSchool.optional() };
const byId = z.object({ id: z.uuid() });

/** Requests about people's data, and the map of where it may be. */
export const privacyRoutes = (deps: PrivacyDeps): Route[] => [mapRoute(deps), listRoute(deps), readRoute(deps), holdRoute(deps)];

const PlaceResource = z
  .object({
    name: z.string(),
    kind: z.enum(['table', 'system']),
    cluster: z.enum(['main', 'keyring']).optional(),
    holds: z.array(z.enum(piiTypes)).describe('The kinds of personal data it may hold'),
    none: z.string().optional().describe('Why it holds none'),
    searched: z.string().optional(),
    exported: z.string().optional(),
    erased: z.string().optional(),
    refersTo: z.array(z.string()).describe('Tables it refers to by foreign key'),
  })
  .meta({ id: 'PrivacyPlace' });

const mapRoute = ({ main, keyringDatabase }: PrivacyDeps): Route =>
  route({
    method: 'get',
    path: '/v1/privacy/map',
    access: { object: 'privacy-map', action: 'read' },
    summary: 'Every place that may hold a person’s data, or why it holds none; in which order they are read and erased',
    responses: {
      200: z.object({ places: z.array(PlaceResource), accessOrder: z.array(z.string()), erasureOrder: z.array(z.string()) }),
    },
    handler: async () => {
      const { places, order } = await readDataMap({ main, keyring: keyringDatabase });
      const present = places.map(({ handling, holds, refersTo, ...place }) => ({
        ...place,
        ...handling,
        holds: [...holds],
        refersTo: [...refersTo],
      }));
      return reply(200, { places: present, accessOrder: order.toReversed(), erasureOrder: [...order] });
    },
  });

const listRoute = ({ main }: PrivacyDeps): Route =>
  route({
    method: 'get',
    path: '/v1/privacy/requests',
    access: readRequests,
    summary: 'What people asked of their data at a school, newest first',
    query: z.strictObject({ ...ofWhom, status: z.enum(requestStatuses).optional(), ...paging }),
    responses: { 200: pageOf(PrivacyRequestSummary) },
    problems: [404],
    handler: async ({ query: { tenantId: asked, status, limit, cursor }, caller }) => {
      const before = positionOf(cursor, idPosition);
      const tenantId = tenantSpokenOf(caller, asked);
      const rows = await inTenant(main, tenantId, async (trx) => {
        const requests = PrivacyRequest.query(trx)
          .where({ tenant_id: tenantId })
          .orderBy('id', 'desc')
          .limit(limit + 1);
        if (status) requests.where({ status });
        if (before) requests.where('id', '<', before);
        return requests;
      });
      return reply(
        200,
        page(rows, limit, ({ id }) => id, presentRequestSummary),
      );
    },
  });

async function readWhole({ main, keyring }: PrivacyDeps, tenantId: string, id: string): Promise<z.input<typeof PrivacyRequestResource>> {
  const { request, receipts, holds } = await inTenant(main, tenantId, async (trx) => {
    const of = { tenant_id: tenantId, request_id: id };
    return {
      request: found(await PrivacyRequest.query(trx).findById([tenantId, id]), 'request'),
      receipts: await PrivacyReceipt.query(trx).where(of).orderBy('erased_at'),
      holds: await PrivacyHold.query(trx).where(of).orderBy('id'),
    };
  });
  return presentRequest(request, { receipts, holds, reasons: await openHoldReasons(keyring, tenantId, holds) });
}

const readRoute = (deps: PrivacyDeps): Route =>
  route({
    method: 'get',
    path: '/v1/privacy/requests/{id}',
    access: readRequests,
    personal: true,
    summary: 'A request: what was found, what was erased, what is left, and its certificates',
    params: byId,
    query: z.strictObject(ofWhom),
    responses: { 200: PrivacyRequestResource },
    handler: async ({ params: { id }, query: { tenantId }, caller }) =>
      reply(200, await readWhole(deps, tenantSpokenOf(caller, tenantId, 'request'), id)),
  });

/** The reason may name a person, and no message of a run may: it is written down, sealed, and the run is told of the hold. */
const holdRoute = (deps: PrivacyDeps): Route =>
  route({
    method: 'post',
    path: '/v1/privacy/requests/{id}/holds',
    access: { object: 'erasure', action: 'hold' },
    personal: true,
    summary: 'Holds an erasure, for a reason of law and until a time; it goes on when the hold is released or over',
    params: byId,
    query: z.strictObject(ofWhom),
    body: z.strictObject({ reason: z.string().trim().min(10).max(2_000), until: z.iso.datetime({ offset: true }) }),
    responses: { 201: PrivacyRequestResource },
    problems: [404, 409],
    handler: async ({ params: { id }, query, body: { reason, until }, caller, requestId }) => {
      const tenantId = tenantSpokenOf(caller, query.tenantId, 'request');
      const { main: knex } = deps;
      const run = await inTenant(knex, tenantId, async (trx) => {
        found(await PrivacyRequest.query(trx).findById([tenantId, id]), 'request');
        return found(await Run.query(trx).findOne({ tenant_id: tenantId, id }), 'request');
      });
      const holdId = await writeHold(deps, { tenantId, requestId: id, reason, until, accountId: caller.accountId });
      try {
        const message = { name: 'hold', kind: 'update', body: { holdId, until, by: caller.accountId }, idempotencyKey: holdId } as const;
        await sendMessage({ ...deps, knex }, run, message, { caller, requestId });
      } catch (error) {
        await dropHold(deps, tenantId, holdId);
        throw error;
      }
      return reply(201, await readWhole(deps, tenantId, id), { Location: `/v1/privacy/requests/${id}` });
    },
  });
