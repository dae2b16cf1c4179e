import assert from 'node:assert/strict';
import { platformTenantId } from '../../domain/roles.ts';
import { inTenant } from '../../platform/database.ts';
import { useEverydayBilling } from './support/everyday-billing.ts';
import { failureOf } from './support/runs.ts';
import { statesOf } from './support/world.ts';

describe('workflows/refund-payment and issue-credit-note', function () {
  this.timeout(60_000);
  const billing = useEverydayBilling();
  const reason = 'duplicate';
  /** What the school finds of a run of the platform's staff in its own log. */
  const noted = (tenantId: string, run_id: string): Promise<unknown> =>
    inTenant(billing.databases.main, tenantId, (trx) => trx('audit_log').where({ run_id }).select('action', 'object_type', 'object_id'));

  it('give a payment back under the run’s own key', async () => {
    const school = await billing.makeSchool();
    const { paymentId } = await school.bill(5_000);
    const input = { tenantId: school.tenantId, paymentId, reason };
    await billing.run('refundPayment', platformTenantId, input, async (handle, ends, { runId }) => {
      const { refundId, ...rest } = (await handle.result()) as Record<string, unknown>;
      assert.match(String(refundId), /^re_/);
      assert.deepEqual(rest, { status: 'succeeded', amountMinor: 5_000, currency: 'usd' });
      assert.equal(statesOf({ steps: ends[0]?.steps ?? [] }), 'check-payment done, refund done, update-mirror done');
      const ledger = await billing.stripe.control.ledger();
      assert.equal(ledger.filter(({ businessKey }) => businessKey === `refund:${runId}`).length, 1);
      assert.deepEqual(await noted(school.tenantId, runId), [{ action: 'payment.refund', object_type: 'payment', object_id: paymentId }]);
    });
    await billing.run('refundPayment', platformTenantId, input, async (handle) => {
      assert.equal(((await failureOf(handle)) as { type?: string }).type, 'refund-refused');
    });
  });

  it('credit an open bill, whatever was said of where the money of a paid one goes', async () => {
    const school = await billing.makeSchool();
    const { invoiceId } = await school.bill(5_000, 'open');
    const input = { tenantId: school.tenantId, invoiceId, amountMinor: 2_000, reason, settleBy: 'refund' };
    await billing.run('issueCreditNote', platformTenantId, input, async (handle, ends, { runId }) => {
      const { creditNoteId, ...rest } = (await handle.result()) as Record<string, unknown>;
      assert.match(String(creditNoteId), /^cn_/);
      assert.deepEqual(rest, { status: 'issued', amountMinor: 2_000, currency: 'usd' });
      assert.deepEqual(await noted(school.tenantId, runId), [{ action: 'invoice.credit', object_type: 'invoice', object_id: invoiceId }]);
      assert.equal(statesOf({ steps: ends[0]?.steps ?? [] }), 'check-bill done, issue-credit-note done, update-mirror done');
    });
  });

  it('refuse what is not the named school’s', async () => {
    const [one, other] = [await billing.makeSchool(), await billing.makeSchool()];
    const { paymentId, invoiceId } = await one.bill(5_000);
    const asked = { tenantId: other.tenantId, amountMinor: 100, reason };
    for (const [workflow, input] of [
      ['refundPayment', { ...asked, paymentId }],
      ['issueCreditNote', { ...asked, invoiceId, settleBy: 'balance' }],
    ] as const)
      await billing.run(workflow, platformTenantId, input, async (handle) => {
        assert.equal(((await failureOf(handle)) as { type?: string }).type, 'not-found');
      });
  });
});
