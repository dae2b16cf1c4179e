import { jsonBody, route } from '../support/http.ts';
import type { Reply, Route } from '../support/http.ts';
import { testCard } from './cards.ts';
import { completeCheckout } from './complete-checkout.ts';
import type { StripeContext } from './context.ts';
import { invalid } from './failure.ts';
import { authenticate } from './payment-intents.ts';
import { billingSettings } from './retries.ts';
import type { BillingSettings } from './retries.ts';
import { authenticateSetup } from './setup-intents.ts';

/** What happens outside of Stripe's API: in its dashboard, at a bank, at a customer's screen. @param act runs it whole or not at all, in the time of the object named */
export function stripeControl(context: StripeContext, act: (run: () => object, id?: string) => Reply): Route[] {
  return [
    route('GET /_sandbox/billing', () => act(() => billingSettings(context))),
    route('PUT /_sandbox/billing', (request) =>
      act(() => {
        const settings = { ...billingSettings(context), ...(jsonBody(request) as Partial<BillingSettings>) };
        context.tables.settings.put('billing', settings);
        return settings;
      }),
    ),
    route('PUT /_sandbox/cards', (request) =>
      act(() => {
        const { payment_method: id, card } = jsonBody(request) as { payment_method: string; card: string };
        if (!context.tables.paymentMethods.get(id) || !testCard(card)) throw invalid('There is no such payment method or no such card.');
        context.tables.cards.put(id, card);
        context.tables.refusals.delete(id);
        return { payment_method: id, card };
      }),
    ),
    route('POST /_sandbox/payment_intents/{id}/authenticate', (request, { id = '' }) =>
      act(() => authenticate(context, id, succeeds(jsonBody(request))), id),
    ),
    route('POST /_sandbox/checkout/{id}/complete', (request, { id = '' }) =>
      act(() => completeCheckout(context, id, jsonBody(request) as { card?: string; email?: string }), id),
    ),
    route('POST /_sandbox/setup_intents/{id}/authenticate', (request, { id = '' }) =>
      act(() => authenticateSetup(context, id, succeeds(jsonBody(request))), id),
    ),
  ];
}

const succeeds = (body: unknown): boolean => (body as { succeeds?: boolean }).succeeds ?? true;
