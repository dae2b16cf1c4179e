import { z } from 'zod';
import { Invoice } from '../../platform/models/invoice.ts';
import { InvoiceResource, presentInvoice } from '../presenters/invoice.ts';
import { idPosition, page, pageOf, paging, positionOf } from '../support/paging.ts';
import { reply, route, type Route } from '../support/route.ts';
import { Word } from '../support/schemas.ts';

export const invoiceRoutes = (): Route[] => [
  route({
    method: 'get',
    path: '/v1/invoices',
    access: { object: 'invoice', action: 'list' },
    paying: true,
    summary: 'Invoices of the school, newest first',
    query: z.strictObject({
      ...paging,
      status: Word.optional(),
    }),
    responses: { 200: pageOf(InvoiceResource) },
    handler: async ({ query: { limit, cursor, status }, caller: { tenantId }, read }) => {
      const before = positionOf(cursor, idPosition);
      const rows = await read(async (trx) => {
        const invoices = Invoice.query(trx)
          .where({ tenant_id: tenantId })
          .orderBy('id', 'desc')
          .limit(limit + 1);
        if (before) invoices.where('id', '<', before);
        if (status) invoices.where({ status });
        return invoices;
      });
      return reply(
        200,
        page(rows, limit, ({ id }) => id, presentInvoice),
      );
    },
  }),
];
