import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { useSandbox } from '../support/sandbox.ts';
import { stripeAt } from './support/clients.ts';
import { monthlyPrice, start, travel } from './support/travel.ts';

describe('money in the Stripe sandbox', () => {
  const sandbox = useSandbox('stripe');
  let stripe: Stripe;
  let customer: string;
  before(() => {
    stripe = stripeAt(sandbox.url);
  });
  beforeEach(async () => {
    await sandbox.control.reset();
    customer = (await stripe.customers.create({})).id;
  });

  const attach = async (card: string) => (await stripe.paymentMethods.attach(card, { customer })).id;
  async function invoice(amount = 1_000): Promise<string> {
    const { id } = await stripe.invoices.create({ customer });
    await stripe.invoiceItems.create({ customer, invoice: id, amount, currency: 'usd', description: 'Seats' });
    return (await stripe.invoices.finalizeInvoice(id)).id;
  }
  const paid = async (card = 'pm_card_visa') => stripe.invoices.pay(await invoice(), { payment_method: await attach(card) });
  const lastCharge = async () => {
    const [charge] = (await stripe.charges.list({ customer, limit: 1 })).data;
    assert.ok(charge);
    return charge;
  };

  describe('of invoices made by hand', () => {
    it('is what their items come to, which wait or are put on a draft', async () => {
      await stripe.invoiceItems.create({ customer, amount: 700, currency: 'usd' });
      const draft = await stripe.invoices.create({ customer, pending_invoice_items_behavior: 'include' });
      assert.deepEqual([draft.total, draft.billing_reason, draft.auto_advance], [700, 'manual', false]);
      const item = await stripe.invoiceItems.create({ customer, invoice: draft.id, amount: 300, currency: 'usd' });
      assert.equal((await stripe.invoices.retrieve(draft.id)).amount_due, 1_000);
      await stripe.invoiceItems.update(item.id, { amount: 400 });
      assert.equal((await stripe.invoices.finalizeInvoice(draft.id)).total, 1_100);
      await assert.rejects(stripe.invoiceItems.del(item.id), { code: 'invoice_not_editable' });
      await assert.rejects(stripe.invoices.update(draft.id, { collection_method: 'send_invoice' }), { code: 'invoice_not_editable' });
      await assert.rejects(stripe.invoices.del(draft.id), { statusCode: 400 });
    });

    it('is not asked for when a draft is deleted', async () => {
      const { id } = await stripe.invoices.create({ customer });
      assert.equal((await stripe.invoices.del(id)).deleted, true);
      await assert.rejects(stripe.invoices.retrieve(id), { statusCode: 404 });
    });

    it('is asked for by mail until a day', async () => {
      const { id } = await stripe.invoices.create({ customer, collection_method: 'send_invoice', days_until_due: 10 });
      await stripe.invoiceItems.create({ customer, invoice: id, amount: 300, currency: 'usd' });
      const sent = await stripe.invoices.sendInvoice(id);
      assert.deepEqual([sent.status, sent.due_date], ['open', sent.created + 864_000]);
      assert.match(sent.hosted_invoice_url ?? '', /^https:\/\/invoice/);
      assert.equal((await stripe.events.list({ type: 'invoice.sent' })).data.length, 1);
      const elsewhere = await stripe.invoices.pay(id, { paid_out_of_band: true });
      assert.deepEqual([elsewhere.status, elsewhere.amount_paid_off_stripe], ['paid', 300]);
    });

    it('is not charged any more when they are void, and their payment is canceled', async () => {
      const id = await invoice();
      await assert.rejects(stripe.invoices.pay(id, { payment_method: await attach('pm_card_toolbox_do_not_honor') }), { statusCode: 402 });
      await stripe.invoices.voidInvoice(id);
      const [payment] = (await stripe.invoicePayments.list({ invoice: id })).data;
      const [intent] = (await stripe.paymentIntents.list({ customer })).data;
      assert.deepEqual([payment?.status, intent?.status, intent?.cancellation_reason], ['canceled', 'canceled', 'void_invoice']);
    });
  });

  describe('that goes back', () => {
    it('is taken off its charge, as much as is left', async () => {
      await paid();
      const { id: charge } = await lastCharge();
      await stripe.refunds.create({ charge, amount: 400 });
      await stripe.refunds.create({ charge });
      const { amount_refunded, refunded } = await lastCharge();
      assert.deepEqual([amount_refunded, refunded], [1_000, true]);
      await assert.rejects(stripe.refunds.create({ charge }), { code: 'charge_already_refunded' });
    });

    it('comes back when the card refuses it', async () => {
      await paid('pm_card_refundFail');
      const charge = await lastCharge();
      const refund = await stripe.refunds.create({ charge: charge.id });
      assert.deepEqual([refund.status, (await lastCharge()).amount_refunded], ['failed', 0]);
      const types = (await stripe.events.list({ type: 'refund.*' })).data.map(({ type }) => type);
      assert.deepEqual(types, ['refund.failed', 'refund.updated', 'refund.created']);
    });

    it('is credited before an invoice is paid, and pays it when nothing is left', async () => {
      const id = await invoice();
      const note = await stripe.creditNotes.create({ invoice: id, amount: 400, reason: 'order_change' });
      assert.deepEqual(
        [note.type, note.number?.endsWith('-CN-01'), (await stripe.invoices.retrieve(id)).amount_remaining],
        ['pre_payment', true, 600],
      );
      await stripe.creditNotes.voidCreditNote(note.id);
      assert.equal((await stripe.invoices.retrieve(id)).amount_remaining, 1_000);
      await stripe.creditNotes.create({ invoice: id, amount: 1_000 });
      assert.equal((await stripe.invoices.retrieve(id)).status, 'paid');
    });

    it('is credited after payment, as money and as credit for the next invoice', async () => {
      const { id } = await paid();
      await assert.rejects(stripe.creditNotes.create({ invoice: id, amount: 500 }), { statusCode: 400 });
      await stripe.creditNotes.create({ invoice: id, amount: 500, refund_amount: 300, credit_amount: 200 });
      assert.equal((await lastCharge()).amount_refunded, 300);
      const next = await stripe.invoices.retrieve(await invoice());
      assert.deepEqual([next.total, next.amount_due, next.starting_balance], [1_000, 800, -200]);
    });
  });

  describe('by payment intents', () => {
    it('is paid at once, or waits for the card’s holder', async () => {
      const intent = { amount: 500, currency: 'usd', customer, confirm: true };
      assert.equal((await stripe.paymentIntents.create({ ...intent, payment_method: 'pm_card_visa' })).status, 'succeeded');
      const asked = await stripe.paymentIntents.create({ ...intent, payment_method: 'pm_card_authenticationRequired' });
      assert.deepEqual([asked.status, asked.next_action?.type], ['requires_action', 'use_stripe_sdk']);
      await sandbox.control.call('POST', `/payment_intents/${asked.id}/authenticate`, { succeeds: false });
      const refused = await stripe.paymentIntents.retrieve(asked.id);
      assert.deepEqual(
        [refused.status, refused.last_payment_error?.code],
        ['requires_payment_method', 'payment_intent_authentication_failure'],
      );
      await assert.rejects(
        stripe.paymentIntents.create({ ...intent, off_session: true, payment_method: 'pm_card_authenticationRequired' }),
        {
          code: 'authentication_required',
        },
      );
    });

    it('is not paid by what is canceled', async () => {
      const { id } = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
      assert.equal((await stripe.paymentIntents.cancel(id)).status, 'canceled');
      await assert.rejects(stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }), {
        code: 'payment_intent_unexpected_state',
      });
    });
  });

  it('may be charged without the holder once their card was set up', async () => {
    const { id, status } = await stripe.setupIntents.create({
      customer,
      payment_method: 'pm_card_authenticationRequiredOnSetup',
      confirm: true,
    });
    assert.equal(status, 'requires_action');
    await sandbox.control.call('POST', `/setup_intents/${id}/authenticate`, {});
    const { payment_method: method } = await stripe.setupIntents.retrieve(id);
    assert.equal((await stripe.invoices.pay(await invoice(), { payment_method: method as string, off_session: true })).status, 'paid');
  });

  it('is paid by another card when a test says that the card changed', async () => {
    const method = await attach('pm_card_visa');
    await sandbox.control.call('PUT', '/cards', { payment_method: method, card: 'pm_card_toolbox_stolen_card' });
    await assert.rejects(stripe.invoices.pay(await invoice(), { payment_method: method }), { decline_code: 'stolen_card' });
  });

  describe('on Stripe’s own pages', () => {
    it('starts a subscription when the checkout is completed, and not with a card that is refused', async () => {
      const price = await monthlyPrice(stripe);
      const session = await stripe.checkout.sessions.create({ mode: 'subscription', customer, line_items: [{ price, quantity: 3 }] });
      assert.deepEqual([session.status, session.amount_total, session.payment_status], ['open', 3_000, 'unpaid']);
      const complete = (card: string) => sandbox.control.call('POST', `/checkout/${session.id}/complete`, { card });
      await assert.rejects(complete('pm_card_toolbox_do_not_honor'), /402/);
      assert.equal((await stripe.subscriptions.list({ customer, status: 'all' })).data.length, 0);
      await complete('pm_card_visa');
      const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription'] });
      const subscription = done.subscription as Stripe.Subscription;
      assert.deepEqual([done.status, done.payment_status, subscription.status], ['complete', 'paid', 'active']);
      assert.equal((await stripe.events.list({ type: 'checkout.session.completed' })).data.length, 1);
    });

    it('is not asked for any more after a day', async () => {
      const { customer: traveller, to } = await travel(stripe);
      const price = await monthlyPrice(stripe);
      const { id, expires_at } = await stripe.checkout.sessions.create({
        mode: 'subscription',
        customer: traveller,
        line_items: [{ price, quantity: 1 }],
      });
      assert.equal(expires_at, start + 86_400);
      await to(1);
      assert.equal((await stripe.checkout.sessions.retrieve(id)).status, 'expired');
    });

    it('is looked after in the portal, once that is set up', async () => {
      await assert.rejects(stripe.billingPortal.sessions.create({ customer }), { param: 'configuration' });
      await stripe.billingPortal.configurations.create({ features: { payment_method_update: { enabled: true } } });
      assert.match((await stripe.billingPortal.sessions.create({ customer })).url, /^https:\/\/billing/);
    });
  });
});
