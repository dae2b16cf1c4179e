import { createHash } from 'node:crypto';
import type Stripe from 'stripe';
import { testCard } from './cards.ts';
import type { StripeContext } from './context.ts';
import { StripeFailure, missing } from './failure.ts';

/**
 * Each use of a test card is a payment method of its own, with the fingerprint of the card. Not kept yet.
 * @param param where the id came from; absent: the path
 */
export function fromTestCard(
  { tables, id: newId, now }: StripeContext,
  alias: string,
  param?: string,
  { attaching = true }: { attaching?: boolean } = {},
): Stripe.PaymentMethod {
  const card = testCard(alias);
  if (!card) throw missing('PaymentMethod', alias, param);
  if (attaching && card.refusesAttach) throw new StripeFailure(402, { type: 'card_error', ...card.refusesAttach });
  const id = newId('pm');
  tables.cards.put(id, alias);
  return {
    id,
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: {
      address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
      email: null,
      name: null,
      phone: null,
      tax_id: null,
    },
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'US',
      display_brand: card.brand,
      exp_month: 12,
      exp_year: new Date(now() * 1000).getUTCFullYear() + 3,
      fingerprint: createHash('sha256').update(alias).digest('base64url').replaceAll(/[-_]/g, '0').slice(0, 16),
      funding: card.funding ?? 'credit',
      generated_from: null,
      last4: card.last4,
      networks: { available: [card.brand], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: now(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  };
}
