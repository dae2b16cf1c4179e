import type Stripe from 'stripe';
import { lineItems } from './checkout.ts';
import { confirmIntent } from './confirm-intent.ts';
import { find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { createCustomer } from './customers.ts';
import { invalid, nothingMade } from './failure.ts';
import { attachPaymentMethod } from './payment-methods.ts';
import { newPaymentIntent } from './payment-objects.ts';
import { setUp } from './setup-intents.ts';
import { startSubscription } from './start-subscription.ts';

/**
 * Ours: the customer fills in the page, with a test card. A card that is refused leaves the session open, as at Stripe.
 * @param card a test payment method's id, `pm_card_visa`
 */
export function completeCheckout(
  context: StripeContext,
  id: string,
  { card = 'pm_card_visa', email }: { card?: string | undefined; email?: string | undefined },
): Stripe.Checkout.Session {
  const session = find(context.tables.checkoutSessions, 'checkout.session', id);
  if (session.status !== 'open') throw invalid(`The session is ${String(session.status)}.`);
  const known =
    session.customer === null
      ? createCustomer(context, { email: email ?? session.customer_email ?? undefined }).id
      : idOf(session.customer);
  const method = attachPaymentMethod(context, card, known, 'payment_method');
  const outcome = make[session.mode as keyof typeof make](context, session, known, method);
  const after: Stripe.Checkout.Session = {
    ...session,
    ...outcome,
    customer: known,
    customer_details: { ...emptyDetails, email: context.tables.customers.get(known)?.email ?? null },
    payment_status: session.mode === 'setup' || session.amount_total === 0 ? 'no_payment_required' : 'paid',
    status: 'complete',
    url: null,
  };
  context.tables.checkoutSessions.put(id, after);
  context.emit('checkout.session.completed', after);
  return after;
}

const emptyDetails = {
  address: null,
  business_name: null,
  individual_name: null,
  name: null,
  phone: null,
  tax_exempt: 'none' as const,
  tax_ids: [],
};

type Make = (
  context: StripeContext,
  session: Stripe.Checkout.Session,
  customer: string,
  method: Stripe.PaymentMethod,
) => Partial<Stripe.Checkout.Session>;

const make = {
  subscription(context, { id }, customer, method) {
    const order = context.tables.checkoutOrders.get(id);
    const subscription = startSubscription(context, {
      ...order?.subscription,
      customer,
      items: (order?.lines ?? []).map((line) => ({ ...line })),
      default_payment_method: method.id,
      payment_behavior: 'error_if_incomplete',
    });
    return { subscription: subscription.id, invoice: subscription.latest_invoice };
  },
  payment(context, session, customer, method) {
    const amount = lineItems(context, session).reduce((sum, { amount_total }) => sum + amount_total, 0);
    const payment = { id: context.id('pi'), customer, amount, currency: session.currency ?? 'usd', now: context.now() };
    const intent = { ...newPaymentIntent(payment), description: null } as Stripe.PaymentIntent;
    context.tables.paymentIntents.put(intent.id, intent);
    context.emit('payment_intent.created', intent);
    const { refusal } = confirmIntent(context, intent, method, { offSession: false, authenticated: true });
    if (refusal) throw nothingMade(refusal);
    return { payment_intent: intent.id };
  },
  setup: (context, _, customer, method) => ({ setup_intent: setUp(context, customer, method).id }),
} satisfies Record<string, Make>;
