import type Stripe from 'stripe';

/** The tax of a bill or a credit note, as Stripe worked it out: passed through, never computed here. */
export const taxOf = ({ total_taxes: taxes }: Pick<Stripe.Invoice, 'total_taxes'>): number =>
  (taxes ?? []).reduce((sum, { amount }) => sum + amount, 0);
