import assert from 'node:assert/strict';
import type { InvoiceRead, PaymentRead } from '../../platform/billing/invoices.ts';
import { forgetInvoice, mirrorInvoice, mirrorSubscription } from '../../platform/billing-mirror.ts';
import { inPlatform, inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { Invoice } from '../../platform/models/invoice.ts';
import { Payment } from '../../platform/models/payment.ts';
import { Subscription } from '../../platform/models/subscription.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import { useDatabases } from '../support/database.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 10, 27, 12, 0, second)).toISOString();
const payment = (id: string, change: Partial<PaymentRead> = {}): PaymentRead => ({
  id,
  outcome: 'declined',
  amountMinor: 4_900,
  refundedMinor: 0,
  currency: 'usd',
  methodId: 'pm_1',
  card: 'fingerprint',
  brand: 'visa',
  code: 'card_declined',
  declineCode: 'insufficient_funds',
  adviceCode: null,
  networkDeclineCode: '51',
  networkAdviceCode: null,
  attemptedAt: at(0),
  ...change,
});
const invoice = (change: Partial<InvoiceRead> = {}): InvoiceRead => ({
  readAt: at(1),
  id: 'in_1',
  customerId: 'cus_1',
  subscriptionId: 'sub_1',
  number: 'A-0001',
  status: 'open',
  amountMinor: 4_900,
  remainingMinor: 4_900,
  taxMinor: 0,
  currency: 'usd',
  billingReason: 'subscription_cycle',
  chargesItself: true,
  attempted: true,
  attemptCount: 1,
  dueAt: null,
  issuedAt: at(0),
  settledAt: null,
  payments: [payment('ch_1')],
  ...change,
});
const paid: Partial<InvoiceRead> = {
  status: 'paid',
  remainingMinor: 0,
  settledAt: at(2),
  payments: [payment('ch_1'), payment('ch_2', { outcome: 'succeeded', code: null, declineCode: null, networkDeclineCode: null })],
};

describe('platform/billing-mirror', () => {
  const databases = useDatabases();
  const newSchool = async (): Promise<string> => {
    const id = newId();
    const row = { id, slug: `s-${id}`, name: 'Lincoln High', region: 'eu', plan: 'school', status: 'active' } as const;
    await inPlatform(databases.main, async (trx) => Tenant.query(trx).insert(row));
    return id;
  };
  const rowsOf = (tenantId: string) =>
    inTenant(databases.main, tenantId, async (trx) => ({
      invoices: await Invoice.query(trx),
      payments: await Payment.query(trx).orderBy('stripe_payment_id'),
      subscriptions: await Subscription.query(trx),
    }));

  it('keeps one row an invoice and one an attempt, as they were read last', async () => {
    const school = await newSchool();
    const first = await mirrorInvoice(databases.main, school, invoice());
    const second = await mirrorInvoice(databases.main, school, invoice({ readAt: at(2), ...paid }));
    assert.deepEqual(first, { invoiceId: second.invoiceId, status: 'open', needsCollection: true });
    assert.deepEqual(second, { invoiceId: first.invoiceId, status: 'paid', needsCollection: false });
    const { invoices, payments } = await rowsOf(school);
    assert.deepEqual(
      invoices.map(({ status, remaining_minor: remaining, settled_at: settled }) => [status, remaining, settled?.toISOString()]),
      [['paid', 0, at(2)]],
    );
    assert.deepEqual(
      payments.map(({ outcome, decline_code: code }) => [outcome, code]),
      [
        ['declined', 'insufficient_funds'],
        ['succeeded', null],
      ],
    );
  });

  it('never replaces what was read later, and answers by that', async () => {
    const school = await newSchool();
    await mirrorInvoice(databases.main, school, invoice({ readAt: at(5), ...paid }));
    const late = await mirrorInvoice(databases.main, school, invoice({ readAt: at(4) }));
    assert.deepEqual([late.status, late.needsCollection], ['paid', false]);
    assert.equal((await rowsOf(school)).payments.length, 2);
    const before = await mirrorInvoice(databases.main, school, invoice({ readAt: at(6) }));
    assert.deepEqual([before.status, before.needsCollection], ['open', true]);
  });

  it('comes to the same in whatever order reads are written, also at once', async () => {
    const school = await newSchool();
    const reads = [9, 3, 7, 1, 8, 2].map((second) => invoice({ readAt: at(second), attemptCount: second }));
    await Promise.all(reads.map((read) => mirrorInvoice(databases.main, school, read)));
    const { invoices, payments } = await rowsOf(school);
    assert.deepEqual([invoices.length, invoices[0]?.attempt_count, payments.length], [1, 9, 1]);
    assert.equal(payments[0]?.read_at.toISOString(), at(9));
  });

  it('leaves to the run that collects what it wrote of the invoice', async () => {
    const school = await newSchool();
    const { invoiceId } = await mirrorInvoice(databases.main, school, invoice());
    await inTenant(databases.main, school, async (trx) => Invoice.query(trx).where({ id: invoiceId }).patch({ collected_by: 'platform' }));
    await mirrorInvoice(databases.main, school, invoice({ readAt: at(2) }));
    assert.equal((await rowsOf(school)).invoices[0]?.collected_by, 'platform');
  });

  for (const [why, change, needsCollection] of [
    ['was declined', {}, true],
    ['had no card to be charged', { payments: [] }, true],
    ['was never tried', { attempted: false, payments: [] }, false],
    ['is sent to be paid', { chargesItself: false }, false],
    ['is a draft', { status: 'draft' }, false],
    ['was written off', { status: 'uncollectible' }, false],
    ['owes nothing', { remainingMinor: 0 }, false],
    ['is being paid', { payments: [payment('ch_1'), payment('ch_2', { outcome: 'pending', attemptedAt: at(1) })] }, false],
  ] as const)
    it(`says of an invoice that ${why} that it ${needsCollection ? 'is' : 'is not'} to be collected`, async () => {
      assert.equal((await mirrorInvoice(databases.main, await newSchool(), invoice(change))).needsCollection, needsCollection);
    });

  it('forgets a draft that was deleted, and nothing that was a bill', async () => {
    const school = await newSchool();
    await mirrorInvoice(databases.main, school, invoice({ id: 'in_draft', status: 'draft', payments: [] }));
    await mirrorInvoice(databases.main, school, invoice());
    for (const id of ['in_draft', 'in_1']) await forgetInvoice(databases.main, school, id);
    assert.deepEqual(
      (await rowsOf(school)).invoices.map(({ stripe_invoice_id: id }) => id),
      ['in_1'],
    );
  });

  it('keeps a subscription as it was read last', async () => {
    const school = await newSchool();
    const read = {
      id: 'sub_1',
      customerId: 'cus_1',
      plan: 'school',
      quantity: 1,
      periodStart: at(0),
      periodEnd: at(9),
      trialEndsAt: null,
      cancelAt: null,
      endedAt: null,
      latestInvoiceId: 'in_1',
    };
    await mirrorSubscription(databases.main, school, { ...read, readAt: at(2), status: 'past_due' });
    await mirrorSubscription(databases.main, school, { ...read, readAt: at(1), status: 'active' });
    assert.equal((await rowsOf(school)).subscriptions[0]?.status, 'past_due');
    await mirrorSubscription(databases.main, school, { ...read, readAt: at(3), status: 'active' });
    assert.deepEqual(
      (await rowsOf(school)).subscriptions.map(({ status }) => status),
      ['active'],
    );
  });
}).timeout(20_000);
