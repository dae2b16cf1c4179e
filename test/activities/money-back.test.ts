import assert from 'node:assert/strict';
import { createBillingChangeActivities } from '../../activities/billing-changes.ts';
import { createBillingRecordActivities } from '../../activities/billing-records.ts';
import { createMoneyBackActivities } from '../../activities/money-back.ts';
import { inPlatform, inTenant } from '../../platform/database.ts';
import { newId } from '../../platform/ids.ts';
import { Invoice } from '../../platform/models/invoice.ts';
import { Payment } from '../../platform/models/payment.ts';
import { Tenant } from '../../platform/models/tenant.ts';
import { type Bill, type BilledSchool, billingAt, billSchool } from '../support/billed-school.ts';
import { useDatabases } from '../support/database.ts';
import { useSandbox } from '../support/sandbox.ts';

describe('activities/money-back', function () {
  this.timeout(30_000);
  const databases = useDatabases();
  const stripe = useSandbox('stripe');
  const deps = () => ({ knex: databases.main, billing: billingAt(stripe.url) });
  const activities = () => ({
    ...createMoneyBackActivities(deps()),
    ...createBillingRecordActivities(deps()),
    ...createBillingChangeActivities(deps()),
  });
  let school: BilledSchool;
  beforeEach(async () => {
    await stripe.control.reset();
    const id = newId();
    const row = { id, slug: `s-${id}`, name: 'Lincoln High', region: 'eu' as const, plan: 'school', status: 'active' as const };
    await inPlatform(databases.main, async (trx) => Tenant.query(trx).insert(row));
    school = await billSchool(databases.main, stripe.url, id);
  });
  const chargeOf = async ({ paymentId }: Bill): Promise<string> =>
    (await activities().findPayment({ tenantId: school.tenantId, paymentId })).chargeId;
  const refundOf = async (bill: Bill, amountMinor: number, refundId = newId()) => ({
    tenantId: school.tenantId,
    refundId,
    chargeId: await chargeOf(bill),
    amountMinor,
    reason: 'requested_by_customer' as const,
  });
  const noteOf = (bill: Bill, amountMinor: number, settleBy?: 'balance' | 'refund') => ({
    tenantId: school.tenantId,
    creditNoteId: newId(),
    invoiceId: bill.stripeInvoiceId,
    amountMinor,
    reason: 'order_change' as const,
    settleBy,
  });
  const made = async (operation: string): Promise<number> =>
    (await stripe.control.ledger()).filter((effect) => effect.operation === operation).length;
  const lost = (path: string) => stripe.control.addFault({ kind: 'reset-after', method: 'POST', path, times: 2 });
  const payment = ({ paymentId: id }: Bill) =>
    inTenant(databases.main, school.tenantId, async (trx) => Payment.query(trx).findOne({ id }).throwIfNotFound());

  it('refund once, however often the answer is lost, and the mirror shows what is left', async () => {
    const bill = await school.bill(5_000);
    const request = await refundOf(bill, 2_000);
    await lost('/v1/refunds');
    await assert.rejects(activities().refund(request), { code: 'vendor-unavailable' });
    const { id, ...refunded } = await activities().refund(request);
    assert.deepEqual(refunded, { status: 'succeeded', amountMinor: 2_000, currency: 'usd' });
    assert.equal((await activities().refund(request)).id, id);
    assert.equal(await made('POST /v1/refunds'), 1);
    await activities().keepInvoice({ tenantId: school.tenantId, invoiceId: bill.stripeInvoiceId });
    assert.equal((await payment(bill)).refunded_minor, 2_000);
  });

  it('give back no more than is left: all of it when no amount is named', async () => {
    const bill = await school.bill(5_000);
    const chargeId = await chargeOf(bill);
    assert.equal(await activities().checkRefund({ chargeId }), 5_000);
    await assert.rejects(activities().checkRefund({ chargeId, amountMinor: 5_001 }), { code: 'refund-refused', message: /Only 5000/ });
    await activities().refund(await refundOf(bill, 2_000));
    assert.equal(await activities().checkRefund({ chargeId }), 3_000);
    await assert.rejects(activities().checkRefund({ chargeId, amountMinor: 3_001 }), { code: 'refund-refused', message: /Only 3000/ });
    // Who gets past the check is stopped by Stripe.
    await assert.rejects(activities().refund(await refundOf(bill, 3_001)), { code: 'vendor-refused' });
    await activities().refund(await refundOf(bill, 3_000));
    await assert.rejects(activities().checkRefund({ chargeId }), { code: 'refund-refused', message: /in full/ });
  });

  it('refuse in words a payment that did not succeed, and one that is disputed', async () => {
    const declined = await chargeOf(await school.bill(5_000, 'declined'));
    await assert.rejects(activities().checkRefund({ chargeId: declined }), { code: 'refund-refused', message: /did not succeed/ });
    const disputed = await chargeOf(await school.bill(5_000, 'disputed'));
    await assert.rejects(activities().checkRefund({ chargeId: disputed }), { code: 'refund-refused', message: /disputes this payment/ });
  });

  it('credit an open bill once, which then asks for less', async () => {
    const bill = await school.bill(5_000, 'open');
    assert.equal(await activities().checkCreditNote({ invoiceId: bill.stripeInvoiceId, amountMinor: 5_000 }), 'open');
    const request = noteOf(bill, 1_500);
    await lost('/v1/credit_notes');
    await assert.rejects(activities().issueCreditNote(request), { code: 'vendor-unavailable' });
    const { id, amountMinor } = await activities().issueCreditNote(request);
    assert.deepEqual([(await activities().issueCreditNote(request)).id, amountMinor], [id, 1_500]);
    assert.equal(await made('POST /v1/credit_notes'), 1);
    await activities().keepInvoice({ tenantId: school.tenantId, invoiceId: bill.stripeInvoiceId });
    const row = await inTenant(databases.main, school.tenantId, async (trx) => Invoice.query(trx).findOne({ id: bill.invoiceId }));
    assert.equal(row?.remaining_minor, 3_500);
    const check = (amount: number) => activities().checkCreditNote({ invoiceId: bill.stripeInvoiceId, amountMinor: amount });
    assert.equal(await check(3_500), 'open');
    await assert.rejects(check(3_501), { code: 'credit-note-refused', message: /Only 3500/ });
  });

  it('credit a paid bill to the balance or back to the card, never more than was paid', async () => {
    const bill = await school.bill(5_000);
    const check = (amountMinor: number) => activities().checkCreditNote({ invoiceId: bill.stripeInvoiceId, amountMinor });
    assert.equal(await check(5_000), 'paid');
    await activities().issueCreditNote(noteOf(bill, 1_000, 'balance'));
    await activities().issueCreditNote(noteOf(bill, 1_000, 'refund'));
    await activities().keepInvoice({ tenantId: school.tenantId, invoiceId: bill.stripeInvoiceId });
    assert.equal((await payment(bill)).refunded_minor, 1_000);
    await assert.rejects(check(3_001), { code: 'credit-note-refused', message: /Only 3000/ });
    assert.equal(await check(3_000), 'paid');
  });
});
