/** Why money is given back: words of Stripe's. */
export const refundReasons = ['requested_by_customer', 'duplicate', 'fraudulent'] as const;
export type RefundReason = (typeof refundReasons)[number];

export const creditNoteReasons = ['product_unsatisfactory', 'order_change', 'duplicate', 'fraudulent'] as const;
export type CreditNoteReason = (typeof creditNoteReasons)[number];

/** Where the money of a credited bill goes that was paid: to the balance for the next bill, or back to the card. */
export const settlings = ['balance', 'refund'] as const;
export type SettleBy = (typeof settlings)[number];

export interface RefundableCharge {
  readonly succeeded: boolean;
  readonly disputed: boolean;
  readonly leftMinor: number;
}
/** Why a payment is not given back, in words; undefined when it can be. */
export function refundRefusal({ succeeded, disputed, leftMinor }: RefundableCharge, amountMinor: number): string | undefined {
  if (!succeeded) return 'This payment did not succeed: there is nothing to give back.';
  if (disputed) return 'The customer disputes this payment with the bank: the dispute decides, and a refund would pay twice.';
  if (leftMinor <= 0) return 'This payment was given back in full.';
  if (amountMinor > leftMinor) return `Only ${leftMinor} of this payment (in minor units) can still be given back.`;
  return undefined;
}

export interface CreditableInvoice {
  readonly status: string;
  readonly leftMinor: number;
}
/** Why a bill is not credited, in words; undefined when it can be. */
export function creditRefusal({ status, leftMinor }: CreditableInvoice, amountMinor: number): string | undefined {
  if (status !== 'open' && status !== 'paid') return `This bill is ${status}: only an open or a paid one can be credited.`;
  if (leftMinor <= 0) return 'This bill was credited in full.';
  if (amountMinor > leftMinor) return `Only ${leftMinor} of this bill (in minor units) can still be credited.`;
  return undefined;
}
