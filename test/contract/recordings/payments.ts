import assert from 'node:assert/strict';
import type Stripe from 'stripe';

/** Payment and setup intents, by hand. */
export async function payments(stripe: Stripe, customer: string): Promise<void> {
  const draft = await stripe.paymentIntents.create({
    amount: 500,
    currency: 'usd',
    customer,
    description: 'By hand',
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  });
  await stripe.paymentIntents.update(draft.id, { metadata: { a: 'b' }, amount: 600 });
  await stripe.paymentIntents.confirm(draft.id, { payment_method: 'pm_card_visa', setup_future_usage: 'off_session' });
  const idle = await stripe.paymentIntents.create({ amount: 500, currency: 'usd', customer, payment_method_types: ['card'] });
  await stripe.paymentIntents.cancel(idle.id, { cancellation_reason: 'abandoned' });
  const asked = await stripe.paymentIntents.create({
    amount: 500,
    currency: 'usd',
    customer,
    payment_method: 'pm_card_authenticationRequired',
    confirm: true,
  });
  assert.equal(asked.status, 'requires_action');
  await assert.rejects(
    stripe.paymentIntents.create({ amount: 500, currency: 'usd', payment_method: 'pm_card_visa_chargeDeclined', confirm: true }),
    { statusCode: 402 },
  );
  const setup = await stripe.setupIntents.create({ customer, usage: 'off_session', description: 'A card', metadata: { a: 'b' } });
  await stripe.setupIntents.confirm(setup.id, { payment_method: 'pm_card_visa' });
  await stripe.setupIntents.retrieve(setup.id, { expand: ['payment_method'] });
  await stripe.setupIntents.list({ customer });
  await stripe.setupIntents.create({ customer, payment_method: 'pm_card_authenticationRequiredOnSetup', confirm: true });
  await stripe.setupIntents.cancel((await stripe.setupIntents.create({ customer })).id, { cancellation_reason: 'duplicate' });
  await assert.rejects(stripe.setupIntents.create({ customer, payment_method: 'pm_card_chargeDeclined', confirm: true }), {
    statusCode: 402,
  });
}
