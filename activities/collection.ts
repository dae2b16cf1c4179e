import type { Knex } from 'knex';
import { invoiceStatusOf } from '../domain/dunning/facts.ts';
import type { InvoiceStatus } from '../domain/dunning/history.ts';
import { accessLevels, type AccessLevel } from '../domain/dunning/policy.ts';
import { actorOf, type RunContext } from '../domain/run.ts';
import { audit } from '../platform/audit.ts';
import { inTenant } from '../platform/database.ts';
import { Invoice } from '../platform/models/invoice.ts';
import { Tenant } from '../platform/models/tenant.ts';

export interface CollectionDeps {
  readonly knex: Knex;
}
export interface ChangeAccessInput {
  readonly tenantId: string;
  readonly invoiceId: string;
  /** Down one level, or all the way up. */
  readonly to: AccessLevel;
  readonly run: RunContext;
}

export const createCollectionActivities = ({ knex }: CollectionDeps) => ({
  /**
   * Safe to retry: what an invoice has brought its school down to is said of the invoice, and the school is as far down as the furthest of
   * them. Nobody is brought down for an invoice that is not open any more: then it only says so. What was cancelled is not given back.
   */
  async changeAccess({ tenantId, invoiceId, to, run }: ChangeAccessInput): Promise<{ status: InvoiceStatus }> {
    return inTenant(knex, tenantId, async (trx) => {
      const before = await Tenant.query(trx).findById(tenantId).forUpdate();
      const invoice = await Invoice.query(trx).findOne({ tenant_id: tenantId, id: invoiceId }).select('status', 'access_level');
      const status = invoiceStatusOf(invoice?.status);
      if (!before || !invoice || (status !== 'open' && to !== 'full')) return { status };
      const level = levelAfter(invoice.access_level, to);
      if (level !== invoice.access_level)
        await Invoice.query(trx).where({ tenant_id: tenantId, id: invoiceId }).patch({ access_level: level });
      const lowest = await lowestOf(trx, tenantId);
      if (before.access_level === lowest || before.access_level === 'cancelled') return { status };
      const after = await Tenant.query(trx).patchAndFetchById(tenantId, { access_level: lowest });
      const isLower = accessLevels.indexOf(lowest) > accessLevels.indexOf(before.access_level);
      const act = { action: isLower ? 'tenant.reduce-access' : 'tenant.restore-access', objectType: 'tenant', objectId: tenantId };
      const { requestId, runId } = run;
      await audit(trx, { tenantId, actorId: actorOf(run), requestId, runId, ...act, before, after });
      return { status };
    });
  },
});
export type CollectionActivities = ReturnType<typeof createCollectionActivities>;

/** All the way up, or further down: a level that was reached is not left by a repeat. */
const levelAfter = (from: AccessLevel | null, to: AccessLevel): AccessLevel | null =>
  to === 'full' ? null : from !== null && accessLevels.indexOf(from) > accessLevels.indexOf(to) ? from : to;

/** What is left of a school's access while these invoices are owed. */
async function lowestOf(trx: Knex.Transaction, tenantId: string): Promise<AccessLevel> {
  const held = await Invoice.query(trx).where({ tenant_id: tenantId }).whereNotNull('access_level').distinct('access_level');
  const levels = held.map(({ access_level: level }) => accessLevels.indexOf(level ?? 'full'));
  return accessLevels[Math.max(0, ...levels)] ?? 'full';
}
