import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { useSandbox } from '../support/sandbox.ts';
import { stripeAt } from './support/clients.ts';
import { eventTypes, lastEvent, latestInvoice, monthlyPrice, start, travel } from './support/travel.ts';

const hour = 3_600;
const january = 31;

describe('time in the Stripe sandbox', () => {
  const sandbox = useSandbox('stripe');
  let stripe: Stripe;
  let price: string;
  before(() => {
    stripe = stripeAt(sandbox.url);
  });
  beforeEach(async () => {
    await sandbox.control.reset();
    price = await monthlyPrice(stripe);
  });

  const subscribe = (customer: string, more: Partial<Stripe.SubscriptionCreateParams> = {}) =>
    stripe.subscriptions.create({ customer, items: [{ price }], ...more });
  const statusOf = async (id: string) => (await stripe.subscriptions.retrieve(id)).status;

  describe('renews a subscription', () => {
    it('at the end of its period, by a draft that is paid an hour later', async () => {
      const { customer, to } = await travel(stripe, 'pm_card_visa');
      const { id } = await subscribe(customer);
      const seen = await lastEvent(stripe);
      await to(january);
      const draft = await latestInvoice(stripe, id);
      assert.deepEqual(
        [draft.status, draft.billing_reason, draft.attempted, draft.attempt_count, draft.auto_advance],
        ['draft', 'subscription_cycle', false, 0, true],
      );
      assert.deepEqual(
        [draft.created, draft.automatically_finalizes_at],
        [start + january * 24 * hour, start + january * 24 * hour + hour],
      );
      await to(january + 1 / 24);
      const paid = await latestInvoice(stripe, id);
      assert.deepEqual([paid.id, paid.status, paid.attempt_count, paid.amount_paid], [draft.id, 'paid', 1, 1_000]);
      assert.equal(paid.status_transitions.paid_at, start + january * 24 * hour + hour);
      assert.deepEqual(await eventTypes(stripe, seen), [
        'invoice.upcoming',
        'invoice.created',
        'customer.subscription.updated',
        'invoice.finalized',
        'payment_intent.created',
        'charge.succeeded',
        'payment_intent.succeeded',
        'invoice_payment.paid',
        'invoice.updated',
        'invoice.paid',
        'invoice.payment_succeeded',
      ]);
    });

    it('on the last day of a short month, and on its own day after that', async () => {
      const { customer, to } = await travel(stripe, 'pm_card_visa');
      await to(30);
      const { id } = await subscribe(customer);
      const ends = async () =>
        new Date(((await stripe.subscriptions.retrieve(id)).items.data[0]?.current_period_end ?? 0) * 1000).toISOString().slice(0, 10);
      assert.equal(await ends(), '2027-02-28');
      await to(60);
      assert.equal(await ends(), '2027-03-31');
    });

    it('that fails is past due, and active when its newest invoice is paid', async () => {
      const { customer, to, attach } = await travel(stripe, 'pm_card_visa');
      const { id } = await subscribe(customer);
      await attach('pm_card_toolbox_insufficient_funds');
      await to(january);
      const seen = await lastEvent(stripe);
      await to(january + 1);
      assert.equal(await statusOf(id), 'past_due');
      assert.deepEqual(await eventTypes(stripe, seen), [
        'invoice.finalized',
        'payment_intent.created',
        'charge.failed',
        'payment_intent.payment_failed',
        'invoice.payment_failed',
        'customer.subscription.updated',
        'invoice.updated',
      ]);
      const [changed] = (await stripe.events.list({ type: 'customer.subscription.updated', limit: 1 })).data;
      assert.deepEqual(changed?.data.previous_attributes, { status: 'active' });
      const open = await latestInvoice(stripe, id);
      assert.deepEqual([open.status, open.attempt_count, open.next_payment_attempt], ['open', 1, null]);
      const good = await attach('pm_card_visa');
      await stripe.invoices.pay(open.id, { payment_method: good, off_session: true });
      assert.equal(await statusOf(id), 'active');
    });

    it('of somebody without a card is past due without a charge', async () => {
      const { customer, to } = await travel(stripe);
      const { id } = await subscribe(customer, { trial_period_days: 10 });
      await to(11);
      const open = await latestInvoice(stripe, id);
      assert.deepEqual([await statusOf(id), open.attempt_count, (await stripe.charges.list({ customer })).data.length], ['past_due', 1, 0]);
    });

    it('whose holder must authenticate says so', async () => {
      const { customer, to, attach } = await travel(stripe, 'pm_card_visa');
      const { id } = await subscribe(customer);
      await attach('pm_card_authenticationRequired');
      await to(january + 1);
      const { payments } = await latestInvoice(stripe, id);
      const intent = payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent;
      assert.deepEqual([await statusOf(id), intent.last_payment_error?.code], ['past_due', 'authentication_required']);
      const asked = await stripe.paymentIntents.confirm(intent.id, {
        payment_method: await attach('pm_card_authenticationRequired'),
      });
      assert.equal(asked.status, 'requires_action');
      await sandbox.control.call('POST', `/payment_intents/${intent.id}/authenticate`, {});
      assert.deepEqual([await statusOf(id), (await latestInvoice(stripe, id)).status], ['active', 'paid']);
    });

    it('that is unpaid only by drafts', async () => {
      await sandbox.control.call('PUT', '/billing', { retryDays: [3], afterRetries: 'mark_unpaid' });
      const { customer, to, attach } = await travel(stripe, 'pm_card_visa');
      const { id } = await subscribe(customer);
      await attach('pm_card_toolbox_do_not_honor');
      await to(january + 4);
      assert.equal(await statusOf(id), 'unpaid');
      const first = await latestInvoice(stripe, id);
      await to(january + 40);
      const second = await latestInvoice(stripe, id);
      assert.notEqual(second.id, first.id);
      assert.deepEqual([second.status, second.auto_advance, second.attempted], ['draft', false, false]);
      await stripe.invoices.pay(second.id, { payment_method: await attach('pm_card_visa') });
      assert.equal(await statusOf(id), 'active');
    });

    it('that is mailed is past due when it is not paid in time', async () => {
      const { customer, to } = await travel(stripe);
      const { id } = await subscribe(customer, { collection_method: 'send_invoice', days_until_due: 10 });
      await to(1);
      assert.equal((await latestInvoice(stripe, id)).status, 'open');
      await to(11);
      assert.equal(await statusOf(id), 'past_due');
      assert.ok((await eventTypes(stripe, undefined)).includes('invoice.overdue'));
    });
  });

  describe('tries a failed payment again', () => {
    it('on the days the account says, counting, until it works', async () => {
      await sandbox.control.call('PUT', '/billing', { retryDays: [3, 5, 7] });
      const { customer, to, attach } = await travel(stripe, 'pm_card_visa');
      const { id } = await subscribe(customer);
      await attach('pm_card_toolbox_insufficient_funds_then_ok_2');
      const first = start + january * 24 * hour + hour;
      await to(january + 1);
      const one = await latestInvoice(stripe, id);
      assert.deepEqual([one.attempt_count, one.next_payment_attempt], [1, first + 3 * 24 * hour]);
      await to(january + 4);
      const two = await latestInvoice(stripe, id);
      assert.deepEqual([two.attempt_count, two.next_payment_attempt], [2, first + 8 * 24 * hour]);
      await to(january + 9);
      const three = await latestInvoice(stripe, id);
      assert.deepEqual([three.status, three.attempt_count, three.next_payment_attempt], ['paid', 3, null]);
      assert.equal(await statusOf(id), 'active');
    });

    it('without asking the bank again after a hard decline, and ends the subscription', async () => {
      await sandbox.control.call('PUT', '/billing', { retryDays: [3, 5], afterRetries: 'cancel' });
      const { customer, to, attach } = await travel(stripe, 'pm_card_visa');
      const { id } = await subscribe(customer);
      await attach('pm_card_toolbox_lost_card');
      await to(january + 10);
      const { status, cancellation_details: details } = await stripe.subscriptions.retrieve(id);
      const { attempt_count, status: left } = await latestInvoice(stripe, id);
      assert.deepEqual([status, details?.reason, attempt_count, left], ['canceled', 'payment_failed', 3, 'open']);
      const failed = (await stripe.charges.list({ customer })).data.filter((charge) => charge.status === 'failed');
      assert.equal(failed.length, 1);
    });
  });

  describe('ends', () => {
    it('a trial, told three days before, by a paid period', async () => {
      const { customer, to } = await travel(stripe, 'pm_card_visa');
      const { id } = await subscribe(customer, { trial_period_days: 14 });
      await to(12);
      await stripe.subscriptions.update(id, { metadata: { a: 'b' } });
      await to(13);
      assert.equal((await eventTypes(stripe, undefined)).filter((type) => type === 'customer.subscription.trial_will_end').length, 1);
      await to(14.5);
      const invoice = await latestInvoice(stripe, id);
      assert.deepEqual([await statusOf(id), invoice.status, invoice.amount_paid], ['active', 'paid', 1_000]);
    });

    for (const [missing_payment_method, status] of [
      ['pause', 'paused'],
      ['cancel', 'canceled'],
    ] as const) {
      it(`a trial without a card: ${status}`, async () => {
        const { customer, to } = await travel(stripe);
        const { id } = await subscribe(customer, { trial_period_days: 5, trial_settings: { end_behavior: { missing_payment_method } } });
        await to(6);
        assert.equal(await statusOf(id), status);
      });
    }

    it('a subscription at the end of its period when that was asked for', async () => {
      const { customer, to } = await travel(stripe, 'pm_card_visa');
      const { id, latest_invoice: first } = await subscribe(customer);
      await stripe.subscriptions.update(id, { cancel_at_period_end: true });
      await to(january - 1);
      assert.equal(await statusOf(id), 'active');
      await to(january + 1);
      const { status, ended_at, latest_invoice: last } = await stripe.subscriptions.retrieve(id);
      assert.deepEqual([status, ended_at, last], ['canceled', start + january * 24 * hour, first]);
    });

    it('what nobody paid within 23 hours, for good', async () => {
      const { customer, to } = await travel(stripe, 'pm_card_toolbox_do_not_honor');
      const { id } = await subscribe(customer);
      assert.equal(await statusOf(id), 'incomplete');
      await to(1);
      assert.deepEqual([await statusOf(id), (await latestInvoice(stripe, id)).status], ['incomplete_expired', 'void']);
    });

    it('with the test clock', async () => {
      const { customer } = await travel(stripe, 'pm_card_visa');
      const { id } = await subscribe(customer);
      const [clock] = (await stripe.testHelpers.testClocks.list()).data;
      await stripe.testHelpers.testClocks.del(clock?.id ?? '');
      assert.equal(await statusOf(id), 'canceled');
      assert.ok((await stripe.customers.retrieve(customer)).deleted);
    });
  });

  it('of the sandbox itself does the same', async () => {
    await sandbox.control.clock({ now: '2027-01-01T12:00:00Z', freeze: true });
    const { id: customer } = await stripe.customers.create({ payment_method: 'pm_card_visa' });
    const [card] = (await stripe.paymentMethods.list({ customer })).data;
    const { id } = await subscribe(customer, { default_payment_method: card?.id ?? '' });
    await sandbox.control.clock({ now: '2027-04-15T12:00:00Z' });
    const { data } = await stripe.invoices.list({ subscription: id });
    assert.deepEqual(
      data.map(({ status, created }) => [status, new Date(created * 1000).toISOString().slice(0, 10)]),
      ['2027-04-01', '2027-03-01', '2027-02-01', '2027-01-01'].map((day) => ['paid', day]),
    );
  });
});
