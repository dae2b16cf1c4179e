import type { z } from 'zod';
import type { ProcessInput } from '../domain/run.ts';
import type refundPayment from '../processes/refund-payment.ts';

export type RefundPaymentInput = ProcessInput<z.infer<(typeof refundPayment)['input']>>;
/** `refundId` is Stripe's. Money in minor units. */
export interface RefundPaymentResult {
  readonly refundId: string;
  readonly status: string;
  readonly amountMinor: number;
  readonly currency: string;
}
