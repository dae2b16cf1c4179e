import { Model } from 'objection';
import type { AttemptOutcome } from '../../domain/dunning/history.ts';

/** One attempt to pay an invoice, whoever made it: a charge of Stripe's. `card` is Stripe's fingerprint of it, else the method's id. */
export class Payment extends Model {
  static override readonly tableName = 'payments';
  static readonly harmless = [
    'stripe_payment_id',
    'outcome',
    'currency',
    'method_id',
    'card',
    'brand',
    'code',
    'decline_code',
    'advice_code',
    'network_decline_code',
    'network_advice_code',
    'dispute_status',
    'dispute_reason',
  ] as const;
  declare id: string;
  declare tenant_id: string;
  declare invoice_id: string;
  declare stripe_payment_id: string;
  declare outcome: AttemptOutcome;
  declare amount_minor: number;
  declare refunded_minor: number;
  declare currency: string;
  declare method_id: string;
  declare card: string;
  declare brand: string;
  declare code: string | null;
  declare decline_code: string | null;
  declare advice_code: string | null;
  declare network_decline_code: string | null;
  declare network_advice_code: string | null;
  /** Stripe's status of the newest dispute about it; null when nobody disputes it. */
  declare dispute_status: string | null;
  declare dispute_reason: string | null;
  declare disputed_minor: number | null;
  /** By when evidence must be handed in. */
  declare dispute_due_at: Date | null;
  declare attempted_at: Date;
  declare read_at: Date;
  declare version: number;
  declare created_at: Date;
  declare updated_at: Date;
}
