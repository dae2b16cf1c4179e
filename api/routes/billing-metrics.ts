import { z } from 'zod';
import type { Knex } from 'knex';
import { platformTenantId } from '../../domain/roles.ts';
import { type BillingMetrics, lastDays, readBillingMetrics, recoveryRateOf } from '../../platform/billing-metrics.ts';
import { acrossSchools } from '../../platform/database.ts';
import { ofSchool, tenantIdOfSchool, tenantSpokenOf } from '../support/of-school.ts';
import { reply, route, type Route } from '../support/route.ts';

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

/** A school's own figures; the platform's staff reads those of any school, or of all together. */
export const billingMetricsRoutes = ({ main }: { readonly main: Knex }): Route[] => [
  route({
    method: 'get',
    path: '/v1/billing/metrics',
    access: { object: 'billing', action: 'read-metrics' },
    summary: 'How collecting invoices went in a period, by default the last 90 days: of the school, or for the platform’s staff of all',
    query: z.strictObject({ from: z.iso.datetime().optional(), to: z.iso.datetime().optional(), tenantId: tenantIdOfSchool.optional() }),
    problems: [404],
    responses: { 200: Metrics },
    handler: async ({ query, caller }) => {
      const to = query.to === undefined ? new Date() : new Date(query.to);
      const from = query.from === undefined ? lastDays(to).from : new Date(query.from);
      const tenantId = tenantSpokenOf(caller, query.tenantId);
      const read = (trx: Knex.Transaction): Promise<BillingMetrics> => readBillingMetrics(trx, { from, to });
      const metrics = await (tenantId === platformTenantId ? acrossSchools(main, read) : ofSchool(main, tenantId, read));
      const recoveryRate = recoveryRateOf(metrics);
      return reply(200, { from: from.toISOString(), to: to.toISOString(), recoveryRate, ...metrics });
    },
  }),
];
