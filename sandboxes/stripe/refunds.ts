import type Stripe from 'stripe';
import { testCard } from './cards.ts';
import { changes, find, idOf } from './context.ts';
import type { StripeContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { invalid } from './failure.ts';
import { createdShape, listShape, page, withinRange } from './lists.ts';
import { integer, mergeMetadata, metadata, oneOf, text } from './params.ts';

const reason = oneOf('duplicate', 'fraudulent', 'requested_by_customer');
const creatable = { amount: integer, charge: text, metadata, payment_intent: text, reason };

export function refundEndpoints(context: StripeContext): Endpoint[] {
  const { tables, indexes } = context;
  const one = (id: string) => find(tables.refunds, 'refund', id);
  return [
    endpoint('POST /v1/refunds', creatable, ({ charge, payment_intent: intent, ...params }) =>
      refundCharge(context, charge === undefined ? chargeOf(context, intent) : find(tables.charges, 'charge', charge, 'charge'), {
        ...params,
        metadata: mergeMetadata({}, params.metadata),
      }),
    ),
    endpoint(
      'GET /v1/refunds',
      { ...listShape, ...createdShape, charge: text, payment_intent: text },
      ({ charge, payment_intent: intent, created, ...paging }) => {
        const rows = charge === undefined ? tables.refunds.values() : indexes.refundsOfCharge.of(charge);
        const found = rows.filter((row) => (intent === undefined || row.payment_intent === intent) && withinRange(row.created, created));
        return page(found, '/v1/refunds', paging);
      },
    ),
    endpoint('GET /v1/refunds/{refund}', {}, (_, { id }) => one(id)),
    endpoint('POST /v1/refunds/{refund}', { metadata }, ({ metadata: pairs }, { id }) => {
      const before = one(id);
      return keep(context, before, { metadata: mergeMetadata(before.metadata ?? {}, pairs) });
    }),
  ];
}

function chargeOf({ tables, indexes }: StripeContext, intent: string | undefined): Stripe.Charge {
  if (intent === undefined) throw invalid('One of the following params should be provided for this request: payment_intent or charge.');
  find(tables.paymentIntents, 'payment_intent', intent, 'payment_intent');
  const paid = indexes.chargesOfIntent.of(intent).find(({ status }) => status === 'succeeded');
  if (!paid) throw invalid('This PaymentIntent does not have a successful charge to refund.', { param: 'payment_intent' });
  return paid;
}

export interface Refunding {
  /** Default: all that is left. */
  readonly amount?: number | undefined;
  readonly reason?: Stripe.Refund.Reason | undefined;
  readonly metadata?: Record<string, string>;
}

/** Gives money back: at once, or as the card has it. Throws 400 when less is left of the charge. */
export function refundCharge(
  context: StripeContext,
  charge: Stripe.Charge,
  { amount, reason: why, metadata: pairs }: Refunding,
): Stripe.Refund {
  const left = charge.amount_captured - charge.amount_refunded;
  if (left === 0) throw invalid(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' });
  const value = amount ?? left;
  if (value > left || value < 1)
    throw invalid(`Refund amount (${value}) is greater than unrefunded amount on charge (${left})`, { param: 'amount' });
  const outcome = testCard(context.tables.cards.get(charge.payment_method ?? '') ?? '')?.refund;
  const refund = {
    ...emptyRefund,
    id: context.id('re'),
    amount: value,
    charge: charge.id,
    created: context.now(),
    currency: charge.currency,
    customer: charge.customer,
    metadata: pairs ?? {},
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: why ?? null,
    status: outcome === 'pending' ? 'pending' : 'succeeded',
  } as Stripe.Refund;
  context.tables.refunds.put(refund.id, refund);
  returned(context, charge, value);
  context.emit('refund.created', refund);
  // Stripe tells of these cards' outcomes a little later, which is now.
  if (outcome === 'pending') return keep(context, refund, { status: 'succeeded' });
  return outcome === 'fails' ? failed(context, refund) : refund;
}

const emptyRefund = {
  object: 'refund',
  balance_transaction: null,
  customer_account: null,
  destination_details: { type: 'card', card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' } },
  receipt_number: null,
  source_transfer_reversal: null,
  transfer_reversal: null,
};

function keep(context: StripeContext, before: Stripe.Refund, change: Partial<Stripe.Refund>): Stripe.Refund {
  const after = { ...before, ...change };
  context.tables.refunds.put(after.id, after);
  context.emit('refund.updated', after, changes(before, after));
  return after;
}

function returned(context: StripeContext, before: Stripe.Charge, amount: number): void {
  const total = before.amount_refunded + amount;
  const after: Stripe.Charge = { ...before, amount_refunded: total, refunded: total === before.amount_captured };
  context.tables.charges.put(after.id, after);
  if (amount > 0) context.emit('charge.refunded', after, changes(before, after));
}

function failed(context: StripeContext, refund: Stripe.Refund): Stripe.Refund {
  if (refund.charge) returned(context, find(context.tables.charges, 'charge', idOf(refund.charge)), -refund.amount);
  const after = keep(context, refund, { status: 'failed', failure_reason: 'lost_or_stolen_card' });
  context.emit('refund.failed', after);
  return after;
}
