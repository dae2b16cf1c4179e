import assert from 'node:assert/strict';
import Stripe from 'stripe';
import { useSandbox } from '../support/sandbox.ts';
import { stripeAt } from './support/clients.ts';

describe('cards of the Stripe sandbox', () => {
  const sandbox = useSandbox('stripe');
  let stripe: Stripe;
  let customer: string;
  let price: string;
  before(() => {
    stripe = stripeAt(sandbox.url);
  });
  beforeEach(async () => {
    await sandbox.control.reset();
    customer = (await stripe.customers.create({})).id;
    const { id: product } = await stripe.products.create({ name: 'School' });
    price = (await stripe.prices.create({ product, currency: 'usd', unit_amount: 500, recurring: { interval: 'month' } })).id;
  });

  const attach = (card: string) => stripe.paymentMethods.attach(card, { customer });
  async function openInvoice(): Promise<string> {
    const { latest_invoice: latest } = await stripe.subscriptions.create({
      customer,
      items: [{ price }],
      payment_behavior: 'default_incomplete',
    });
    assert.ok(typeof latest === 'string');
    return latest;
  }
  async function refusal(invoice: string, payment_method: string): Promise<Stripe.errors.StripeCardError> {
    const error = await stripe.invoices.pay(invoice, { payment_method, off_session: true }).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof Stripe.errors.StripeCardError);
    return error;
  }

  it('decline with the code in their name, and say what to do about it', async () => {
    const invoice = await openInvoice();
    const facts = async (card: string) => {
      const { code, decline_code, advice_code, network_decline_code, network_advice_code } = await refusal(
        invoice,
        (await attach(card)).id,
      );
      return [code, decline_code, advice_code, network_decline_code, network_advice_code];
    };
    assert.deepEqual(await facts('pm_card_toolbox_insufficient_funds'), [
      'card_declined',
      'insufficient_funds',
      'try_again_later',
      '51',
      undefined,
    ]);
    assert.deepEqual(await facts('pm_card_toolbox_expired_card'), ['expired_card', 'expired_card', 'confirm_card_data', '54', undefined]);
    assert.deepEqual(await facts('pm_card_toolbox_authentication_required'), [
      'authentication_required',
      'authentication_required',
      undefined,
      '1A',
      undefined,
    ]);
    assert.deepEqual(await facts('pm_card_toolbox_do_not_honor_advice_do_not_try_again_network_R1'), [
      'card_declined',
      'do_not_honor',
      'do_not_try_again',
      'R1',
      undefined,
    ]);
    assert.deepEqual(await facts('pm_card_toolbox_do_not_honor_advice_none_mac_03'), [
      'card_declined',
      'do_not_honor',
      undefined,
      '05',
      '03',
    ]);
    await assert.rejects(attach('pm_card_toolbox_not_a_code'), { code: 'resource_missing' });
  });

  it('tell the same in the error, the payment intent and the charge', async () => {
    const invoice = await openInvoice();
    const { id, card } = await attach('pm_card_toolbox_lost_card');
    const error = await refusal(invoice, id);
    const paid = await stripe.invoices.retrieve(invoice, { expand: ['payments.data.payment.payment_intent'] });
    const intent = paid.payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent;
    assert.equal(intent.id, error.payment_intent?.id);
    assert.deepEqual([intent.status, intent.last_payment_error?.decline_code], ['requires_payment_method', 'lost_card']);
    assert.equal(intent.last_payment_error?.payment_method?.card?.fingerprint, card?.fingerprint);
    const { outcome, status, payment_method_details: details } = await stripe.charges.retrieve(error.charge ?? '');
    assert.deepEqual(
      [status, outcome?.type, outcome?.reason, outcome?.advice_code, outcome?.network_decline_code],
      ['failed', 'issuer_declined', 'lost_card', 'do_not_try_again', '41'],
    );
    assert.equal(details?.card?.fingerprint, card?.fingerprint);
    assert.deepEqual([paid.status, paid.attempted, paid.attempt_count, paid.amount_remaining], ['open', true, 1, 500]);
  });

  it('decline as often as asked, then pay, by the same payment intent', async () => {
    const invoice = await openInvoice();
    const { id } = await attach('pm_card_toolbox_insufficient_funds_then_ok_2');
    const intents = [(await refusal(invoice, id)).payment_intent?.id, (await refusal(invoice, id)).payment_intent?.id];
    const paid = await stripe.invoices.pay(invoice, { payment_method: id, off_session: true, expand: ['payments'] });
    assert.deepEqual([paid.status, paid.payments?.data.map(({ status }) => status)], ['paid', ['paid']]);
    assert.deepEqual(new Set(intents), new Set([paid.payments?.data[0]?.payment.payment_intent]));
    const charges = await stripe.charges.list({ payment_intent: intents[0] ?? '' });
    assert.deepEqual(
      charges.data.map(({ status }) => status),
      ['succeeded', 'failed', 'failed'],
    );
    await assert.rejects(stripe.invoices.pay(invoice, { payment_method: id }), { statusCode: 400, message: 'Invoice is already paid' });
  });

  it('are charged once for each key: the ledger tells each attempt, and a replay is none', async () => {
    const invoice = await openInvoice();
    const { id: payment_method } = await attach('pm_card_toolbox_do_not_honor_then_ok_1');
    const pay = (idempotencyKey: string) =>
      stripe.invoices
        .pay(invoice, { payment_method, off_session: true }, { idempotencyKey })
        .catch(({ code }: Stripe.errors.StripeError) => code);
    assert.equal(await pay(`${invoice}:attempt:1`), 'card_declined');
    assert.equal(await pay(`${invoice}:attempt:1`), 'card_declined');
    await pay(`${invoice}:attempt:2`);
    const attempts = (await sandbox.control.ledger()).filter(({ operation }) => operation.endsWith('/pay'));
    assert.deepEqual(
      attempts.map(({ operation, businessKey, id }) => [operation, businessKey, id]),
      [1, 2].map((attempt) => ['POST /v1/invoices/{invoice}/pay', `${invoice}:attempt:${attempt}`, invoice]),
    );
    assert.equal((await stripe.charges.list({ customer })).data.length, 2);
  });

  it('are known by their fingerprint', async () => {
    const [first, again, other] = [await attach('pm_card_visa'), await attach('pm_card_visa'), await attach('pm_card_toolbox_lost_card')];
    assert.notEqual(first.id, again.id);
    assert.equal(first.card?.fingerprint, again.card?.fingerprint);
    assert.notEqual(first.card?.fingerprint, other.card?.fingerprint);
  });

  it('that Stripe lets nobody attach stay away', async () => {
    const refused = async (card: string) => {
      const error = await attach(card).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof Stripe.errors.StripeCardError);
      return [error.code, error.decline_code];
    };
    assert.deepEqual(await refused('pm_card_visa_chargeDeclinedVelocityLimitExceeded'), ['card_declined', 'card_velocity_exceeded']);
    assert.deepEqual(await refused('pm_card_chargeDeclinedExpiredCard'), ['expired_card', '']);
  });

  it('are blocked by Stripe itself where the risk is highest', async () => {
    const { charge } = await refusal(await openInvoice(), (await attach('pm_card_riskLevelHighest')).id);
    const { outcome } = await stripe.charges.retrieve(charge ?? '');
    assert.deepEqual([outcome?.type, outcome?.network_status, outcome?.risk_level], ['blocked', 'not_sent_to_network', 'highest']);
  });

  it('of somebody else pay no invoice, and are no default', async () => {
    const { id } = await stripe.paymentMethods.attach('pm_card_visa', { customer: (await stripe.customers.create({})).id });
    await assert.rejects(stripe.invoices.pay(await openInvoice(), { payment_method: id }), { code: 'resource_missing' });
    await assert.rejects(stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } }), {
      param: 'invoice_settings[default_payment_method]',
    });
  });

  it('are changed, made from a token, and no default once they are detached', async () => {
    const { id } = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } });
    await attach(id);
    const changed = await stripe.paymentMethods.update(id, {
      card: { exp_month: 3, exp_year: 2040 },
      billing_details: { name: 'A School' },
    });
    assert.deepEqual([changed.card?.exp_month, changed.billing_details.name, changed.card?.last4], [3, 'A School', '4242']);
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
    await stripe.paymentMethods.detach(id);
    const left = await stripe.customers.retrieve(customer);
    assert.ok(!left.deleted && left.invoice_settings.default_payment_method === null);
  });
});
