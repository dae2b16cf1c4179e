import { createHash } from 'node:crypto';
import Stripe from 'stripe';
import type { PaymentMethod } from '../../domain/dunning/history.ts';
import { idOf, stripeCall, unless } from '../stripe.ts';
import { type InvoiceRead, withCharges } from './invoices.ts';

export type CollectionStripe = Pick<Stripe, 'invoices' | 'charges' | 'customers' | 'subscriptions'>;

/** Who is to pay an invoice and how, as Stripe answers. */
export interface PayerRead {
  /** Whether Stripe itself goes on collecting it. */
  readonly autoAdvance: boolean;
  /** The one Stripe would charge first, then the others, the newest first. `since` is when Stripe made it. */
  readonly methods: readonly PaymentMethod[];
  /** Null without a subscription. */
  readonly subscriptionStatus: string | null;
  /** Marks on customer and subscription (metadata `tags`, separated by commas) that a policy may speak of. */
  readonly tags: readonly string[];
}
export interface ChargeRequest {
  readonly invoiceId: string;
  readonly methodId: string;
  readonly idempotencyKey: string;
}
/** What a request to pay came to: the charge it made, or the code of a refusal that made none. */
export type ChargeMade = { readonly chargeId: string } | { readonly declineCode: string };
/** What a bill is at this moment, and where its customer pays it. */
export interface BillRead {
  readonly status: string;
  /** Whether Stripe itself goes on collecting it. */
  readonly autoAdvance: boolean;
  readonly url: string | null;
  readonly number: string | null;
  readonly remainingMinor: number;
  readonly currency: string;
}

const aPage = 100;

/** What collecting a failed payment wants of Stripe. */
export const collectionOf = (stripe: CollectionStripe, clock: () => Date) => ({
  /** An invoice with its payments, and who is to pay it. Undefined when there is no such invoice (any more). */
  async readOwed(invoiceId: string): Promise<{ invoice: InvoiceRead; payer: PayerRead } | undefined> {
    const readAt = clock().toISOString();
    const expand = ['payments', 'customer', 'parent.subscription_details.subscription'];
    const invoice = await stripeCall(stripe.invoices.retrieve(invoiceId, { expand }).catch(unless('resource_missing')));
    if (!invoice) return undefined;
    const customer = whole(invoice.customer);
    const subscription = whole(invoice.parent?.subscription_details?.subscription);
    const methods = customer && !customer.deleted ? await methodsOf(stripe, customer.id) : [];
    const preferred =
      invoice.default_payment_method ??
      subscription?.default_payment_method ??
      (customer?.deleted ? null : customer?.invoice_settings.default_payment_method);
    const first = preferred ? idOf(preferred) : undefined;
    const payer = {
      autoAdvance: invoice.auto_advance ?? false,
      methods: [...methods.filter(({ id }) => id === first), ...methods.filter(({ id }) => id !== first)],
      subscriptionStatus: subscription?.status ?? null,
      tags: [...tagsOf(customer?.deleted ? undefined : customer?.metadata), ...tagsOf(subscription?.metadata)],
    };
    return { invoice: await withCharges(stripe, invoice, readAt), payer };
  },
  /** Stripe charges it no more by itself. Safe to repeat: it sets a field. */
  async takeRetries(invoiceId: string): Promise<boolean> {
    const { auto_advance: still } = await stripeCall(stripe.invoices.update(invoiceId, { auto_advance: false }));
    return still === false;
  },
  /** Charges a payment method. A decline is an outcome. Throws VendorRefusedError when there is nothing to charge, or nothing left to pay. */
  async chargeInvoice({ invoiceId, methodId, idempotencyKey }: ChargeRequest): Promise<ChargeMade> {
    const params = { payment_method: methodId, off_session: true, expand: ['payments.data.payment.payment_intent'] };
    const paid = await stripeCall(stripe.invoices.pay(invoiceId, params, { idempotencyKey }).catch(refusedByBank));
    if ('declineCode' in paid || 'chargeId' in paid) return paid;
    const intents = (paid.payments?.data ?? []).map(({ payment }) => whole(payment.payment_intent));
    const latest = intents.findLast((intent) => intent?.latest_charge)?.latest_charge;
    return latest ? { chargeId: idOf(latest) } : { declineCode: 'no_charge' };
  },
  /** Closes an open invoice as not to be had. Throws VendorRefusedError when it is not open. */
  async writeOffInvoice(invoiceId: string): Promise<void> {
    await stripeCall(stripe.invoices.markUncollectible(invoiceId));
  },
  /** The link is asked for when it is needed, and kept nowhere: whoever has it can pay, and see the bill. */
  async readBill(invoiceId: string): Promise<BillRead | undefined> {
    const invoice = await stripeCall(stripe.invoices.retrieve(invoiceId).catch(unless('resource_missing')));
    if (!invoice) return undefined;
    const { hosted_invoice_url: url, number, amount_remaining: remainingMinor, currency } = invoice;
    const state = { status: invoice.status ?? 'draft', autoAdvance: invoice.auto_advance ?? false };
    return { ...state, url: url ?? null, number, remainingMinor, currency };
  },
});

/** A card error is the bank's answer, and no failure of the request. */
function refusedByBank(error: unknown): ChargeMade {
  if (!(error instanceof Stripe.errors.StripeCardError)) throw error;
  const { charge, code, decline_code: declineCode } = error;
  if (charge) return { chargeId: charge };
  return {
    declineCode: code === 'invoice_payment_intent_requires_action' ? 'authentication_required' : (declineCode ?? code ?? 'unknown'),
  };
}

async function methodsOf(stripe: CollectionStripe, customerId: string): Promise<PaymentMethod[]> {
  const found: Stripe.PaymentMethod[] = [];
  const list = async (): Promise<void> => {
    for await (const method of stripe.customers.listPaymentMethods(customerId, { limit: aPage })) found.push(method);
  };
  await stripeCall(list());
  return found.toSorted((a, b) => b.created - a.created).map(methodRead);
}

function methodRead({ id, type, created, card, sepa_debit: sepa, us_bank_account: account }: Stripe.PaymentMethod): PaymentMethod {
  const fingerprint = card?.fingerprint ?? sepa?.fingerprint ?? account?.fingerprint ?? id;
  const details = [fingerprint, card?.exp_year, card?.exp_month].join('|');
  return {
    id,
    card: fingerprint,
    brand: card?.brand ?? type,
    since: created * 1000,
    revision: createHash('sha256').update(details).digest('hex').slice(0, 16),
  };
}

const whole = <T extends object>(reference: string | T | null | undefined): T | undefined =>
  typeof reference === 'object' && reference !== null ? reference : undefined;

const tagsOf = (metadata: Readonly<Record<string, string>> | undefined): string[] =>
  (metadata?.['tags'] ?? '')
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => /^[a-z][a-z0-9_-]{0,59}$/.test(tag));
