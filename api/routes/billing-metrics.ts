import { z } from 'zod';
import { readBillingMetrics } from '../../platform/billing-metrics.ts';
import { reply, route, type Route } from '../support/route.ts';

const dayMs = 86_400_000;
const usualDays = 90;

const Metrics = z
  .object({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    recoveryRate: z
      .number()
      .nullable()
      .describe('Of the invoices whose charge failed, the share that is paid by now; null when none failed'),
    currencies: z.array(
      z.object({
        currency: z.string().describe('ISO 4217'),
        failed: z.number().int().describe('Invoices whose first failed charge fell into the period'),
        recovered: z.number().int(),
        failedMinor: z.number().int(),
        recoveredMinor: z.number().int(),
        atRiskMinor: z.number().int().describe('Open at present after a failed charge, whenever that was'),
      }),
    ),
    attempts: z.record(z.string(), z.number().int()).describe('Attempts to pay in the period, by outcome'),
    secondsToRecover: z.object({ median: z.number().nullable(), p90: z.number().nullable() }),
  })
  .meta({ id: 'BillingMetrics' });

export const billingMetricsRoutes = (): Route[] => [
  route({
    method: 'get',
    path: '/v1/billing/metrics',
    access: { object: 'billing', action: 'read-metrics' },
    summary: 'How collecting the school’s invoices went in a period, by default the last 90 days',
    query: z.strictObject({ from: z.iso.datetime().optional(), to: z.iso.datetime().optional() }),
    responses: { 200: Metrics },
    handler: async ({ query, caller: { tenantId }, read }) => {
      const to = query.to === undefined ? new Date() : new Date(query.to);
      const from = query.from === undefined ? new Date(to.getTime() - usualDays * dayMs) : new Date(query.from);
      const metrics = await read((trx) => readBillingMetrics(trx, tenantId, { from, to }));
      const [failed, recovered] = (['failed', 'recovered'] as const).map((key) =>
        metrics.currencies.reduce((sum, each) => sum + each[key], 0),
      );
      const recoveryRate = failed ? (recovered ?? 0) / failed : null;
      return reply(200, { from: from.toISOString(), to: to.toISOString(), recoveryRate, ...metrics });
    },
  }),
];
