import type Stripe from 'stripe';
import { VendorRefusedError } from '../../domain/errors.ts';
import type { CancelChoice } from '../../domain/subscription-change.ts';
import { rfc3339, stripeCall } from '../stripe.ts';
import { taxOf } from './tax.ts';

export type ChangesStripe = Pick<Stripe, 'subscriptions' | 'invoices'>;

/** What is to be other than it is; what is left out stays. */
export interface SubscriptionChange {
  readonly priceId?: string | undefined;
  readonly quantity?: number | undefined;
  readonly cancel?: CancelChoice | undefined;
}
export interface PreviewLine {
  readonly description: string | null;
  readonly amountMinor: number;
  /** Whether it makes up for a part of a period. */
  readonly prorated: boolean;
  readonly periodStart: string;
  readonly periodEnd: string;
}
/** What the next bill would be after a change. */
export interface Preview {
  readonly amountDueMinor: number;
  readonly subtotalMinor: number;
  readonly taxMinor: number;
  readonly currency: string;
  readonly lines: readonly PreviewLine[];
}

/** Changes of a subscription. Each leaves its own id in the metadata, by which it is known to have been made. */
export const changesOf = (stripe: ChangesStripe) => ({
  /** The next bill if the change were made now. Nothing is made. */
  async previewChange(subscriptionId: string, change: SubscriptionChange): Promise<Preview> {
    const { cancel } = change;
    const details = {
      ...(await itemsOf(stripe, subscriptionId, change)),
      // As the change itself does it: what was paid for and is not used is not given back.
      ...(cancel === 'now' ? { cancel_now: true, proration_behavior: 'none' as const } : {}),
      ...(cancel === 'at-period-end' || cancel === 'keep' ? { cancel_at_period_end: cancel === 'at-period-end' } : {}),
    };
    return previewOf(await stripeCall(stripe.invoices.createPreview({ subscription: subscriptionId, subscription_details: details })));
  },
  /** Makes a change that does not end the subscription now. */
  async changeSubscription(
    subscriptionId: string,
    { cancel, ...change }: SubscriptionChange,
    changeId: string,
    idempotencyKey: string,
  ): Promise<string> {
    const params = {
      ...(await itemsOf(stripe, subscriptionId, change)),
      ...(cancel ? { cancel_at_period_end: cancel === 'at-period-end' } : {}),
      metadata: { change_id: changeId },
    };
    return (await stripeCall(stripe.subscriptions.update(subscriptionId, params, { idempotencyKey }))).id;
  },
  /** Whether a change was the last one made. */
  async findChange(subscriptionId: string, changeId: string): Promise<string | undefined> {
    const { id, metadata } = await stripeCall(stripe.subscriptions.retrieve(subscriptionId));
    return metadata['change_id'] === changeId ? id : undefined;
  },
});

/** Stripe sets the quantity back to 1 with another price unless it is told: it is always told. */
async function itemsOf(stripe: ChangesStripe, subscriptionId: string, { priceId, quantity }: SubscriptionChange) {
  if (priceId === undefined && quantity === undefined) return {};
  const [item] = (await stripeCall(stripe.subscriptions.retrieve(subscriptionId))).items.data;
  if (!item) throw new VendorRefusedError('Stripe', 'no subscription item');
  const kept = { id: item.id, price: priceId ?? item.price.id, quantity: quantity ?? item.quantity ?? 1 };
  return { items: [kept], proration_behavior: 'create_prorations' as const };
}

const previewOf = (invoice: Stripe.Invoice): Preview => ({
  amountDueMinor: invoice.amount_due,
  subtotalMinor: invoice.subtotal,
  taxMinor: taxOf(invoice),
  currency: invoice.currency,
  lines: invoice.lines.data.map(({ description, amount, parent, period }) => ({
    description,
    amountMinor: amount,
    prorated: parent?.subscription_item_details?.proration ?? parent?.invoice_item_details?.proration ?? false,
    periodStart: rfc3339(period.start) ?? '',
    periodEnd: rfc3339(period.end) ?? '',
  })),
});
