import { z } from 'zod';
import { AuditEntry } from '../../platform/models/audit-entry.ts';
import { AuditEntryResource, presentAuditEntry } from '../presenters/audit-entry.ts';
import { numberPosition, page, pageOf, paging, positionOf } from '../support/paging.ts';
import { reply, route, type Route } from '../support/route.ts';

export const auditRoutes = (): Route[] => [
  route({
    method: 'get',
    path: '/v1/audit',
    access: { object: 'audit', action: 'read' },
    summary: 'The audit log of the tenant one acts in, newest first',
    query: z.strictObject({
      ...paging,
      objectId: z.uuid().optional(),
      onBehalfOf: z.uuid().optional().describe('An access by break-glass: its opening, each look under it, its end'),
    }),
    responses: { 200: pageOf(AuditEntryResource) },
    handler: async ({ query: { limit, cursor, objectId, onBehalfOf }, caller: { tenantId }, read }) => {
      const before = positionOf(cursor, numberPosition);
      const rows = await read(async (trx) => {
        const entries = AuditEntry.query(trx)
          .where({ tenant_id: tenantId })
          .orderBy('seq', 'desc')
          .limit(limit + 1);
        if (before) entries.where('seq', '<', before);
        if (objectId) entries.where({ object_id: objectId });
        if (onBehalfOf) entries.where({ on_behalf_of: onBehalfOf });
        return entries;
      });
      return reply(
        200,
        page(rows, limit, ({ seq }) => String(seq), presentAuditEntry),
      );
    },
  }),
];
