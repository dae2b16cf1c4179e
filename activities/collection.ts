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
   * Safe to retry: a level that was reached is not reached again, and said so once. Nobody is brought down for an invoice that is not
   * open any more: then it only says so. What was cancelled is not given back.
   */
  async changeAccess({ tenantId, invoiceId, to, run }: ChangeAccessInput): Promise<{ status: InvoiceStatus }> {
    return inTenant(knex, tenantId, async (trx) => {
      const invoice = await Invoice.query(trx).findOne({ tenant_id: tenantId, id: invoiceId }).select('status');
      const status = invoiceStatusOf(invoice?.status);
      const before = await Tenant.query(trx).findById(tenantId).forUpdate();
      if (!before || !mayMove(before.access_level, to) || (status !== 'open' && to !== 'full')) return { status };
      const after = await Tenant.query(trx).patchAndFetchById(tenantId, { access_level: to });
      const act = { action: to === 'full' ? 'tenant.restore-access' : 'tenant.reduce-access', objectType: 'tenant', objectId: tenantId };
      const { requestId, runId } = run;
      await audit(trx, { tenantId, actorId: actorOf(run), requestId, runId, ...act, before, after });
      return { status };
    });
  },
});
export type CollectionActivities = ReturnType<typeof createCollectionActivities>;

const mayMove = (from: AccessLevel, to: AccessLevel): boolean =>
  to === 'full' ? from === 'read_only' || from === 'suspended' : accessLevels.indexOf(from) < accessLevels.indexOf(to);
